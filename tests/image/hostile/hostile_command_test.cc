// The command's messages about hostile images, on a terminal, and its exit statuses.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "catch.h"
#include "hostile_layout.h"
#include "image/process.h"
#include "util/fd.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

struct Said {
  int status = -1;
  std::string out, err;
};

Said cloche_image(const Directory& place, const std::vector<std::string>& arguments) {
  ChildSpec spec;
  spec.argv = {CLOCHE_PROGRAM, "image"};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.environment = {"PATH=/usr/bin:/bin", "HOME=" + place.path(),
                      "CLOCHE_STORE=" + (place / "store")};
  const auto open = [&place](const char* name) {
    return UniqueFd(::open((place / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  };
  Said said;
  {
    const UniqueFd out = open("out"), err = open("err");
    spec.descriptors = {{1, out.get()}, {2, err.get()}};
    const int status = ChildProcess(spec).wait();
    REQUIRE(WIFEXITED(status));
    said.status = WEXITSTATUS(status);
  }
  said.out = read(place / "out");
  said.err = read(place / "err");
  return said;
}

const std::string kUgly =
    "\x1b]0;title\x07\r\n\x7f\xc2\x9b"
    "31m\xe2\x80\xae";

}  // namespace

TEST_CASE("the command's error about a hostile image is one line, with its own status") {
  const std::string layer = tar({file("a", ""), file("a/" + kUgly, "")});
  const std::vector<std::pair<int, std::function<void(Good&)>>> shapes = {
      {68,
       [&layer](Good& good) {
         good.layout.layers = good.layout.diff_ids = good.layout.manifests = Json::array();
         good.layout.layer(layer, "gzip");
         good.layout.finish(kUgly);
       }},
      {68,
       [](Good& good) {
         Json manifest = good.document(good.manifest);
         manifest["layers"][0]["mediaType"] = kUgly;
         good.replace(manifest.dump());
       }},
      {68, [](Good& good) { good.index("{\"" + std::string(5000, 'x') + "\": ["); }},
      {72, [](Good& good) { write(good.blob_path(good.layout.layers[0]), kUgly); }},
      {64,
       [](Good& good) {
         good.layout.manifests = Json::array();
         for (int i = 0; i < 5000; ++i)
           good.layout.manifests.push_back(
               {{"mediaType", kManifest},
                {"digest", digest(std::to_string(i))},
                {"size", 2},
                {"annotations", {{"org.opencontainers.image.ref.name", kUgly}}}});
         good.layout.list(good.manifest, "tag");
       }},
      {69, [](Good& good) {
         Json manifest = good.manifest;
         manifest["platform"] = {{"os", kUgly}, {"architecture", kUgly}};
         good.layout.manifests = Json::array();
         good.layout.list(manifest);
       }}};
  for (const auto& [status, spoil] : shapes) {
    const Directory place;
    Good good(place / "layout");
    spoil(good);
    const Said said = cloche_image(place, {"import", good.layout.path(), "--name", "image"});
    INFO(said.err);
    CHECK(said.status == status);
    CHECK(said.out.empty());
    REQUIRE_FALSE(said.err.empty());
    // Lines of progress, and the error.
    CHECK(said.err.back() == '\n');
    std::istringstream lines(said.err);
    std::string line;
    while (std::getline(lines, line)) CHECK(printable_line(line));
    CHECK(said.err.find("\ncloche: ") == said.err.rfind("\ncloche: "));
    CHECK(('\n' + said.err).rfind("\ncloche: cannot ") != std::string::npos);
    CHECK(said.err.size() < 5000);
    CHECK(cloche_image(place, {"list", "--json"}).out.find("\"image\"") == std::string::npos);
  }
}

TEST_CASE("an image's texts are shown without control characters") {
  const Directory place;
  Good good(place / "layout");
  Json config = good.document(good.document(good.manifest)["config"]);
  config["config"] = {{"Env", {kUgly}}, {"Cmd", {kUgly}}, {"User", kUgly}, {"WorkingDir", kUgly}};
  good.replace_config(config.dump());
  const Said made = cloche_image(place, {"import", good.layout.path(), "--name", "image"});
  REQUIRE(made.status == 0);
  CHECK(printable_line(made.out.substr(0, made.out.size() - 1)));
  const Said said = cloche_image(place, {"inspect", "image"});
  CHECK(said.status == 0);
  CHECK(std::all_of(said.out.begin(), said.out.end(),
                    [](char byte) { return byte == '\n' || (byte >= ' ' && byte < 127); }));
  CHECK(Json::parse(said.out)["config"]["user"] == kUgly);
}
