#include "image/mmdebstrap.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "catch.h"
#include "fixture.h"
#include "image/build.h"

using namespace cloche;
using namespace cloche::image;

namespace {

// For as long as it lives, an environment variable has another value.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* old = std::getenv(name);
    had_ = old != nullptr;
    if (had_) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (had_) {
      ::setenv(name_, old_.c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  bool had_;
  std::string old_;
};

// A directory of programs that stand before those of the host.
struct Programs {
  test::Directory directory;
  Variable path{"PATH", directory.path() + ":" + std::getenv("PATH")};
  Variable cache{"XDG_CACHE_HOME", directory / "cache"};

  void add(const std::string& name, const std::string& script) {
    test::write(directory / name, "#!/bin/sh\n" + script);
    ::chmod((directory / name).c_str(), 0755);
  }
};

}  // namespace

TEST_CASE("what mmdebstrap writes becomes stages and permille") {
  std::vector<std::pair<std::string, unsigned>> told;
  MmdebstrapProgress progress(
      [&](const std::string& stage, unsigned permille) { told.emplace_back(stage, permille); });
  std::string log;
  // As through a terminal, and cut anywhere.
  const std::string said =
      "I: running apt-get update...\r\n\x1b[2K              0.00\r\x1b[2Kdownloading:  50.00\r"
      "\x1b[2Kdone\r\nI: downloading packages with apt...\r\nE: something\r\n";
  for (const char byte : said) log += progress.feed(std::string(1, byte));
  CHECK(log == "I: running apt-get update...\nI: downloading packages with apt...\nE: something\n");
  REQUIRE(told.size() == 4);
  CHECK(told[0].first == "reading package lists");
  CHECK(told[2].second == (10 + 150) / 2);
  CHECK(told[3].first == "downloading packages");
  CHECK(std::is_sorted(told.begin(), told.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; }));
}

TEST_CASE("the arguments of mmdebstrap") {
  Recipe recipe;
  recipe.suite = "trixie";
  recipe.variant = "essential";
  recipe.components = {"main"};
  recipe.packages = {"a", "b"};
  recipe.exclude = {"/usr/share/man/*"};
  recipe.files = {{"/etc/x", "it's"}};
  const std::vector<std::string> argv = mmdebstrap_arguments(recipe, "/out.tar", false);
  const auto has = [&argv](const std::string& argument) {
    return std::find(argv.begin(), argv.end(), argument) != argv.end();
  };
  CHECK(has("--mode=unshare"));
  CHECK(has("--include=a,b"));
  CHECK(has("--dpkgopt=path-exclude=/usr/share/man/*"));
  CHECK(
      has("--customize-hook=mkdir -p \"$(dirname \"$1\"'/etc/x')\" && printf %s 'it'\\''s' > "
          "\"$1\"'/etc/x'"));
  CHECK(argv[argv.size() - 2] == "trixie");
  CHECK(argv.back() == "/out.tar");
}

TEST_CASE("an image is built from what mmdebstrap makes") {
  // The real one takes a minute and a network; this one makes the tar that the test wants.
  Programs programs;
  test::write(programs.directory / "made.tar", test::tar({test::file("hello", "world")}));
  programs.add("mmdebstrap",
               "for out; do :; done\ntest -t 2 || exit 9\n"
               "echo 'I: installing essential packages...' >&2\n"
               "cp " +
                   (programs.directory / "made.tar") +
                   " \"$out\"\n"
                   "echo built >> " +
                   (programs.directory / "count") + "\n");
  programs.add("newuidmap", "exit 0");
  Store store(programs.directory / "store");
  std::vector<std::string> stages;
  const auto progress = [&](const std::string& what, std::uint64_t done, std::uint64_t of) {
    CHECK(done <= of);
    if (stages.empty() || stages.back() != what) stages.push_back(what);
  };
  const Image image = build(store, "python", progress);
  CHECK(test::read(image.rootfs + "/hello") == "world");
  CHECK(image.layers.at(0).media_type == "application/vnd.oci.image.layer.v1.tar+zstd");
  CHECK(std::count(image.config.env.begin(), image.config.env.end(), "LANG=C.UTF-8") == 1);
  CHECK(std::find(stages.begin(), stages.end(), "installing essential packages") != stages.end());
  // It is there, so nothing is built; unless it must be, and then it is the same.
  CHECK(build(store, "python").digest == image.digest);
  CHECK(test::read(programs.directory / "count") == "built\n");
  CHECK(build(store, "python", {}, true).digest == image.digest);
  CHECK(test::read(programs.directory / "count") == "built\nbuilt\n");
  CHECK(test::listing(store.path() + "/tmp").empty());
}

TEST_CASE("a build that fails says what mmdebstrap said last") {
  Programs programs;
  programs.add("newuidmap", "exit 0");
  Store store(programs.directory / "store");
  SECTION("for any reason") {
    programs.add("mmdebstrap", "echo 'E: no such package' >&2\nexit 25\n");
    const Error error = test::error_of([&] { build(store, "python"); });
    CHECK(error.kind() == ErrorKind::system);
    CHECK_THAT(error.what(), ContainsSubstring("exit status 25"));
    CHECK_THAT(error.what(), ContainsSubstring("E: no such package"));
    CHECK_THAT(error.what(), ContainsSubstring("python.log"));
  }
  SECTION("for a full disk") {
    programs.add("mmdebstrap", "echo 'tar: write error: No space left on device' >&2\nexit 1\n");
    CHECK(test::error_of([&] { build(store, "python"); }).kind() == ErrorKind::no_space);
  }
  CHECK(store.list().empty());
  CHECK(test::listing(store.path() + "/tmp").empty());
}

TEST_CASE("without mmdebstrap the package is named") {
  test::Directory directory;
  const Variable path("PATH", directory.path());
  if (::access("/usr/sbin/mmdebstrap", X_OK) == 0) return;  // always looked in
  Store store(directory / "store");
  const Error error = test::error_of([&] { build(store, "python"); });
  CHECK(error.kind() == ErrorKind::unsupported);
  CHECK_THAT(error.what(), ContainsSubstring("apt-get install mmdebstrap"));
}
