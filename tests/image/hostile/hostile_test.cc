// All the hostile shapes, each judged from outside.
#include "hostile.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/process.h"
#include "judge.h"
#include "util/lookup.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

// The layout of a shape. Its digests are right, so a refusal is caused by the shape itself.
std::string layout_of(const LayerShape& shape, const std::string& path) {
  fs::remove_all(path);
  Layout layout(path);
  for (const std::string& bytes : shape.layers) {
    const std::string suffix = shape.announced == "none" ? "" : "+" + shape.announced;
    layout.layers.push_back(layout.blob(bytes, "application/vnd.oci.image.layer.v1.tar" + suffix));
    layout.diff_ids.push_back(digest(shape.content.empty() ? bytes : shape.content));
  }
  layout.finish("tag");
  return path;
}

// "PATH", "PATH=CONTENT" or "PATH -> TARGET".
std::string missing_of(const std::string& root, const std::string& wanted) {
  const std::size_t arrow = wanted.find(" -> ");
  const std::size_t equals = wanted.find('=');
  if (arrow != std::string::npos) {
    const std::string path = root + "/" + wanted.substr(0, arrow);
    std::error_code failed;
    const std::string target = fs::read_symlink(path, failed).string();
    return target == wanted.substr(arrow + 4) ? "" : wanted + " is " + target;
  }
  const std::string path = root + "/" + wanted.substr(0, equals);
  if (!exists(path)) return "there is no " + wanted;
  if (equals == std::string::npos || read(path) == wanted.substr(equals + 1)) return {};
  return wanted + " is " + read(path).substr(0, 100);
}

bool run(const Directory& place, const std::vector<std::string>& argv) {
  ChildSpec spec;
  spec.argv = argv;
  spec.environment = {"PATH=/usr/bin:/bin", "HOME=" + place.path(), "TMPDIR=" + place.path(),
                      "LC_ALL=C.UTF-8"};
  return ChildProcess(spec).wait() == 0;
}

// Compares with the tree that a tool makes of the same layers, without the directories that only
// sandboxes need.
void compare(const LayerShape& shape, const std::string& layout, const std::string& root) {
  if (find_program(shape.same_as).empty()) {
    WARN("skipped: " + shape.same_as + " is not installed");
    return;
  }
  const Directory place;
  std::string theirs = place / "tar";
  if (shape.same_as == "tar") {
    fs::create_directory(theirs);
    write(place / "layer.tar", shape.layers.at(0));
    // tar treats warnings, such as that of a missing end mark, as errors.
    run(place, {"tar", "--extract", "--file", place / "layer.tar", "--directory", theirs,
                "--no-same-owner", "--preserve-permissions"});
  } else {
    theirs = place / "umoci";
    REQUIRE(
        run(place, {"umoci", "raw", "unpack", "--rootless", "--image", layout + ":tag", theirs}));
  }
  const Snapshot expected = comparable(theirs);
  Snapshot ours = comparable(root);
  for (const char* path :
       {"proc", "sys", "dev", "tmp", "run", "workspace", "cloche", "home", "home/codewarrior"})
    if (expected.count(path) == 0) ours.erase(path);
  CHECK(difference(expected, ours) == "");
}

void judge(Scene& scene, const LayerShape& shape) {
  INFO(shape.name);
  const std::string layout = layout_of(shape, scene.place() / "source");
  const std::optional<Error> failure = scene.attempt(layout);
  if (failure) {
    INFO(failure->what());
    CHECK(shape.refused.has_value());
    if (!shape.refused) return;
    CHECK(*shape.refused == failure->kind());
    return;
  }
  CHECK_FALSE(shape.refused.has_value());
  for (const std::string& path : shape.holds) CHECK(missing_of(scene.root(), path) == "");
  for (const std::string& path : shape.lacks) {
    INFO(path);
    CHECK_FALSE(exists(scene.root() + "/" + path));
  }
  if (!shape.same_as.empty()) compare(shape, layout, scene.root());
  scene.forget();
}

void judge_all(const std::function<std::vector<LayerShape>(const Aim&)>& shapes) {
  Scene scene;
  for (const LayerShape& shape : shapes(scene.aim())) judge(scene, shape);
}

}  // namespace

TEST_CASE("layers of hostile paths and links") {
  judge_all(path_shapes);
}

TEST_CASE("layers of hostile whiteouts") {
  judge_all(whiteout_shapes);
}

TEST_CASE("layers of hostile headers") {
  judge_all(header_shapes);
}

TEST_CASE("layers of hostile sparse files") {
  judge_all([](const Aim&) { return sparse_shapes(); });
}

TEST_CASE("layers of hostile compression") {
  judge_all([](const Aim&) { return stream_shapes(); });
}
