// `cloche image build` of several images. A stand-in replaces mmdebstrap, which takes minutes and
// needs a network.
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.h"
#include "cli/program.h"

namespace {

namespace fs = std::filesystem;

class Recipes {
 public:
  Recipes() {
    char pattern[] = "/var/tmp/cloche-build-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    fs::permissions(directory_, fs::perms{0755});
    write("data/rootfs/base.json", R"({"variant": "essential"})");
    write("bin/newuidmap", "");
    // The suite selects the behaviour of the stand-in.
    write("bin/mmdebstrap", R"sh(#!/bin/sh
for argument; do
  suite=$out out=$argument
  case $argument in
    --customize-hook=download*) eval "list() { echo 'P a 1 all a 1' | tr ' ' '\t' > \"\$2\"; }; list ${argument#*download}" ;;
  esac
done
case $suite in
  bad) echo "E: no such suite" >&2; exit 25 ;;
  gone) for line in "I: running apt-get update..." "Err:1 http://mirror.invalid trixie InRelease" \
      "E: Failed to fetch http://mirror.invalid/InRelease  Could not connect to mirror.invalid:80" \
      "E: Some index files failed to download." "E: apt-get update failed" \
      "I: removing tempdir..." "E: mmdebstrap failed to run"; do echo "$line" >&2; done
    exit 25 ;;
  slow) echo "I: extracting archives" >&2; sleep 60 & wait ;;
esac
tar -C "$(dirname "$0")" -cf "$out" newuidmap
)sh");
    fs::permissions(directory_ + "/bin/mmdebstrap", fs::perms{0755});
    fs::permissions(directory_ + "/bin/newuidmap", fs::perms{0755});
  }
  ~Recipes() { fs::remove_all(directory_); }

  void add(const std::string& name, const std::string& suite) {
    write("data/rootfs/" + name + "/recipe.json", R"({"suite": ")" + suite + "\"}");
  }
  void write(const std::string& path, const std::string& text) {
    const fs::path full = fs::path(directory_) / path;
    fs::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  Ended build(std::vector<std::string> arguments, const std::string& to = "") const {
    arguments.insert(arguments.begin(), {"image", "build"});
    return run_cloche(
        arguments, {},
        {"sh", "-c", "exec \"$@\"" + to, "sh", "/usr/bin/env",
         "CLOCHE_DATA_DIR=" + directory_ + "/data", "CLOCHE_STORE=" + directory_ + "/store",
         "XDG_CACHE_HOME=" + directory_ + "/cache", "PATH=" + directory_ + "/bin:/usr/bin:/bin"});
  }

 private:
  std::string directory_;
};

}  // namespace

TEST_CASE("a build that fails does not stop the others") {
  Recipes recipes;
  recipes.add("build-a", "good");
  recipes.add("build-b", "bad");
  recipes.add("build-c", "good");
  recipes.write("data/rootfs/build-d/recipe.json", R"({"supplied": "ask its authors"})");
  const Ended ended = recipes.build({"--all", "--jobs", "2"});
  CHECK(ended.status == 71);
  CHECK_THAT(ended.out, ContainsSubstring("build-a: built in "));
  CHECK_THAT(ended.out, ContainsSubstring("build-c: built in "));
  CHECK_THAT(ended.out, ContainsSubstring("build-d: skipped: ask its authors\n"));
  CHECK_THAT(ended.out, ContainsSubstring("2 built, 0 there already, 1 failed\n"));
  CHECK_THAT(ended.err, ContainsSubstring("build-b: cannot build the image build-b"));
  CHECK_THAT(ended.err, ContainsSubstring("E: no such suite"));
  CHECK_THAT(ended.err, ContainsSubstring("build-a: compressing\n"));
  // An existing image stays.
  CHECK_THAT(recipes.build({"build-a"}).out, ContainsSubstring("build-a: exists"));
}

TEST_CASE("a mirror that cannot be reached is told by its error") {
  Recipes recipes;
  recipes.add("build-a", "gone");
  const Ended ended = recipes.build({"build-a", "--progress", "none"});
  CHECK(ended.status == 76);
  CHECK_THAT(ended.err,
             ContainsSubstring("having said: E: Failed to fetch http://mirror.invalid/InRelease  "
                               "Could not connect to mirror.invalid:80 | E: Some index files"));
  CHECK_THAT(ended.err, !ContainsSubstring("tempdir") && !ContainsSubstring("failed to run"));
}

TEST_CASE("progress of builds for programs") {
  Recipes recipes;
  recipes.add("build-a", "good");
  const Ended ended = recipes.build({"build-a", "--progress", "json"});
  CHECK(ended.status == 0);
  std::istringstream lines(ended.err);
  std::string line;
  bool compressing = false;
  while (std::getline(lines, line)) {
    const nlohmann::json json = nlohmann::json::parse(line);
    CHECK(json.at("image") == "build-a");
    CHECK(json.at("total") == 1000);
    CHECK(json.at("rate").is_null());
    CHECK(json.at("left").is_null());
    CHECK(json.size() == 8);
    compressing = compressing || json.at("stage") == "compressing";
  }
  CHECK(compressing);
  CHECK(recipes.build({"build-a", "--progress", "loud"}).status == 64);
}

TEST_CASE("a build whose output cannot be written is an error") {
  Recipes recipes;
  recipes.add("build-a", "good");
  const Ended ended = recipes.build({"build-a", "--progress", "none"}, " >/dev/full");
  CHECK(ended.status == 71);
  CHECK(ended.err.rfind("cloche: cannot write standard output (", 0) == 0);
  // The image was made all the same.
  CHECK_THAT(recipes.build({"build-a"}).out, ContainsSubstring("build-a: exists"));
}

TEST_CASE("an image that only an operator can supply is no build") {
  Recipes recipes;
  recipes.write("data/rootfs/build-d/recipe.json", R"({"supplied": "ask its authors"})");
  const Ended ended = recipes.build({"build-d"});
  CHECK(ended.status == 69);
  CHECK_THAT(ended.err, ContainsSubstring("ask its authors"));
}
