// Docker archives whose manifests lie.
#include "catch.h"
#include "judge.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

TEST_CASE("hostile Docker archives") {
  Scene scene;
  const std::string path = scene.place() / "source";
  const std::string layer = tar({file("f", "x")});
  const Json config = {{"architecture", architecture()},
                       {"os", "linux"},
                       {"rootfs", {{"type", "layers"}, {"diff_ids", {digest(layer)}}}}};
  const std::string name = hex(digest(config.dump())) + ".json";
  const Json good = {{"Config", name}, {"RepoTags", {"a:1"}}, {"Layers", {"l/layer.tar"}}};
  struct Shape {
    std::string name, manifest;
    std::optional<ErrorKind> refused;
    std::vector<Entry> more = {};
  };
  constexpr ErrorKind kCorrupt = ErrorKind::image_corrupt;
  std::vector<Shape> shapes = {{"good", Json::array({good}).dump(), std::nullopt}};
  for (const std::string& text :
       {std::string("{}"), std::string("[]"), std::string("[null]"), std::string("[[]]"),
        std::string("[1]"), std::string("x"), std::string(400'000, '[')})
    shapes.push_back({text.substr(0, 20), text, kCorrupt});
  const auto changed = [&](const char* key, const Json& value, std::optional<ErrorKind> refused,
                           const std::vector<Entry>& more = {}) {
    Json image = good;
    image[key] = value;
    shapes.push_back({std::string(key) + " " + value.dump().substr(0, 60),
                      Json::array({image}).dump(), refused, more});
  };
  const std::string out = scene.aim().path;
  const std::string up = scene.aim().upwards();
  for (const std::string& leaving :
       {out + "/file", up + "/file", std::string("../lock"), std::string("/etc/passwd"),
        std::string("l/../../lock"), std::string("/proc/self/fd/0"), std::string("/dev/stdin"),
        std::string("."), std::string(""), std::string("missing"), std::string("out/file"),
        std::string("fifo"),
        std::string("\x1b[2J\n\xc2\x9b"
                    "31m\xe2\x80\xae"),
        std::string(5000, 'x')}) {
    const std::vector<Entry> more = {soft_link("out", out), {"fifo", '6', {}, {}, 0666, {}}};
    changed("Layers", {leaving}, kCorrupt, more);
    changed("Config", leaving, kCorrupt, more);
  }
  changed("Layers", {"within"}, std::nullopt, {soft_link("within", "l/layer.tar")});
  changed("Layers", {"l/../l/layer.tar"}, std::nullopt);
  changed("Layers", Json::array(), kCorrupt);
  changed("Layers", {"l/layer.tar", "l/layer.tar"}, kCorrupt);
  changed("Layers", 7, kCorrupt);
  changed("Layers", {7}, kCorrupt);
  changed("Layers", {"manifest.json"}, ErrorKind::digest_mismatch);
  changed("Config", 7, kCorrupt);
  changed("Config", "manifest.json", kCorrupt);
  changed("Config", std::string(64, '0') + ".json", ErrorKind::digest_mismatch,
          {file(std::string(64, '0') + ".json", config.dump())});
  changed("Config", "l/layer.tar", kCorrupt);
  changed("RepoTags", nullptr, std::nullopt);
  changed("RepoTags", 7, kCorrupt);
  changed("RepoTags", {"../../../etc:passwd", "\x1b[2J", "a b", ""}, std::nullopt);
  shapes.push_back(
      {"two of one key", "[{\"Config\":\"" + name + "\"," + good.dump().substr(1) + "]", kCorrupt});
  shapes.push_back(
      {"tags that move the cursor",
       Json::array({{{"Config", name}, {"RepoTags", {"\x1b[2J\xc2\x9b"}}, {"Layers", {"l"}}},
                    {{"Config", name}, {"RepoTags", {"../\xe2\x80\xae"}}, {"Layers", {"l"}}}})
           .dump(),
       ErrorKind::usage});
  for (const Shape& shape : shapes) {
    INFO(shape.name);
    std::vector<Entry> entries = {file("manifest.json", shape.manifest), file(name, config.dump()),
                                  file("l/layer.tar", layer)};
    entries.insert(entries.end(), shape.more.begin(), shape.more.end());
    write(path, tar(entries));
    const std::optional<Error> failure = scene.attempt(path);
    INFO((failure ? failure->what() : "taken"));
    CHECK(failure.has_value() == shape.refused.has_value());
    if (failure && shape.refused) CHECK(failure->kind() == *shape.refused);
    scene.forget();
  }
}
