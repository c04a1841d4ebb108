// Archives of `docker save`, in today's form and in older ones.

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

struct Archive {
  Directory directory;
  Store store{directory / "store"};
  std::vector<Entry> entries;
  Json list = Json::array();

  // Adds an image of these layers in the old form.
  void image(const std::vector<std::string>& layers, const std::string& tag) {
    Json diff_ids = Json::array();
    Json paths = Json::array();
    for (const std::string& layer : layers) {
      const std::string path = hex(digest(layer)) + "/layer.tar";
      diff_ids.push_back(digest(layer));
      paths.push_back(path);
      entries.push_back(file(path, layer));
    }
    const Json config = {{"architecture", architecture()},
                         {"os", "linux"},
                         {"config", {{"Env", {"X=1"}}}},
                         {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}};
    const std::string text = config.dump();
    entries.push_back(file(hex(digest(text)) + ".json", text));
    list.push_back(
        {{"Config", hex(digest(text)) + ".json"}, {"RepoTags", {tag}}, {"Layers", paths}});
  }
  Image import(const std::string& reference = {}) {
    std::vector<Entry> all = entries;
    all.push_back(file("manifest.json", list.dump()));
    write(directory / "archive.tar", tar(all));
    return store.import(directory / "archive.tar", "image", reference);
  }
};

}  // namespace

TEST_CASE("a Docker archive of the old form") {
  Archive archive;
  archive.image({tar({file("a", "1"), file("b", "1")}), tar({file("b", "2"), file(".wh.a", "")})},
                "name:tag");
  const Image image = archive.import();
  CHECK_FALSE(exists(image.rootfs + "/a"));
  CHECK(read(image.rootfs + "/b") == "2");
  CHECK(image.config.env == std::vector<std::string>{"X=1"});
  REQUIRE(image.layers.size() == 2);
  CHECK(image.layers[0].media_type == "application/vnd.oci.image.layer.v1.tar");
  // A second import gives the same image.
  CHECK(archive.import().digest == image.digest);
}

TEST_CASE("a layer that the archive has as a link to another") {
  Archive archive;
  const std::string layer = tar({file("a", "1")});
  archive.image({layer, layer}, "name:tag");
  archive.entries[0] = file("first/layer.tar", layer);
  archive.entries[1] = soft_link("second/layer.tar", "../first/layer.tar");
  archive.list[0]["Layers"] = {"first/layer.tar", "second/layer.tar"};
  CHECK(read(archive.import().rootfs + "/a") == "1");
}

TEST_CASE("one image of several, by its tag") {
  Archive archive;
  archive.image({tar({file("a", "1")})}, "one:1");
  archive.image({tar({file("a", "2")})}, "two:2");
  CHECK(read(archive.import("two:2").rootfs + "/a") == "2");
  const Error error = error_of([&] { archive.import(); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK_THAT(error.what(), ContainsSubstring("one:1, two:2"));
}

TEST_CASE("a Docker archive that was tampered with") {
  Archive archive;
  archive.image({tar({file("a", "1")})}, "name:tag");
  SECTION("another layer") {
    archive.entries[0].content = tar({file("a", "2")});
    CHECK(error_of([&] { archive.import(); }).kind() == ErrorKind::digest_mismatch);
  }
  SECTION("another configuration") {
    archive.entries[1].content += " ";
    CHECK(error_of([&] { archive.import(); }).kind() == ErrorKind::digest_mismatch);
  }
  SECTION("a missing layer") {
    archive.entries.erase(archive.entries.begin());
    CHECK(error_of([&] { archive.import(); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("a path out of the archive") {
    archive.list[0]["Config"] = "../../../../../../etc/passwd";
    CHECK(error_of([&] { archive.import(); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("a link out of the archive") {
    archive.entries[1] = soft_link(archive.entries[1].name, "/etc/passwd");
    CHECK(error_of([&] { archive.import(); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("an entry out of the archive") {
    archive.entries.push_back(file("../escaped", "x"));
    CHECK(error_of([&] { archive.import(); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("no image") {
    archive.list = Json::array();
    CHECK(error_of([&] { archive.import(); }).kind() == ErrorKind::image_corrupt);
  }
  CHECK_FALSE(exists(archive.directory / "escaped"));
  CHECK(archive.store.list().empty());
  CHECK(listing(archive.directory / "store/tmp").empty());
}
