// OCI layouts: accepted ones, and refused ones with their errors.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndex = "application/vnd.oci.image.index.v1+json";

// A layout, and a store to import it into.
struct Place {
  Directory directory;
  Layout layout{directory / "layout"};
  Store store{directory / "store"};

  Image import(const std::string& reference = {}) {
    return store.import(layout.path(), "image", reference);
  }
  // The error of an import. The store must be unchanged after it.
  Error refused(const std::string& reference = {}) {
    const Error error = error_of([&] { import(reference); });
    CHECK_FALSE(store.contains("image"));
    CHECK(listing(store.path() + "/tmp").empty());
    CHECK(listing(store.path() + "/rootfs").empty());
    CHECK(listing(store.path() + "/images").empty());
    CHECK(listing(store.path() + "/blobs/sha256").empty());
    return error;
  }
  std::string blob_path(const Json& descriptor) {
    return layout.path() + "/blobs/sha256/" + hex(descriptor["digest"]);
  }
};

std::string some_tar(const std::string& content = "x") {
  return tar({file("file", content)});
}

}  // namespace

TEST_CASE("a layout's configuration is the image's") {
  Place place;
  place.layout.layer(some_tar());
  const Json manifest = place.layout.manifest();
  place.layout.list(manifest);
  const Image image = place.import();
  CHECK(image.name == "image");
  CHECK(image.digest == manifest["digest"]);
  CHECK(image.bytes == 1);
  CHECK(image.config.env == std::vector<std::string>{"A=1", "B=two words"});
  CHECK(image.config.entrypoint == std::vector<std::string>{"/entry"});
  CHECK(image.config.cmd == std::vector<std::string>{"run"});
  CHECK(image.config.working_dir == "/srv");
  CHECK(image.config.user == "app");
  REQUIRE(image.layers.size() == 1);
  CHECK(image.layers[0].digest == place.layout.layers[0]["digest"]);
  CHECK(read(image.rootfs + "/file") == "x");
}

TEST_CASE("an image of no layers is an empty root") {
  Place place;
  place.layout.finish();
  CHECK(exists(place.import().rootfs + "/proc"));
}

TEST_CASE("a layout as a tar, plain and compressed") {
  const std::string how = GENERATE("none", "gzip", "zstd");
  Place place;
  place.layout.layer(some_tar());
  place.layout.finish();
  std::vector<Entry> entries;
  for (const auto& found : std::filesystem::recursive_directory_iterator(place.layout.path()))
    if (found.is_regular_file())
      entries.push_back(file(found.path().string().substr(place.layout.path().size() + 1),
                             read(found.path().string())));
  const std::string archive = place.directory / "layout.tar";
  write(archive, compressed(tar(entries), how));
  CHECK(read(place.store.import(archive, "image").rootfs + "/file") == "x");
}

TEST_CASE("one of several images is chosen by its tag") {
  Place place;
  for (const char* tag : {"one", "registry/name:two"}) {
    place.layout.layers = Json::array();
    place.layout.diff_ids = Json::array();
    place.layout.layer(some_tar(tag));
    place.layout.finish(tag);
  }
  CHECK(read(place.import("one").rootfs + "/file") == "one");
  CHECK(read(place.import("two").rootfs + "/file") == "registry/name:two");
  CHECK(read(place.import("name:two").rootfs + "/file") == "registry/name:two");
  place.store.remove("image");
  const Error ambiguous = place.refused();
  CHECK(ambiguous.kind() == ErrorKind::usage);
  CHECK_THAT(ambiguous.what(), ContainsSubstring("one, registry/name:two"));
  const Error unknown = place.refused("three");
  CHECK(unknown.kind() == ErrorKind::usage);
  CHECK_THAT(unknown.what(), ContainsSubstring("one, registry/name:two"));
}

TEST_CASE("an index gives the image for this machine") {
  Place place;
  place.layout.layer(some_tar());
  Json other = place.layout.manifest({{"architecture", "vax"}});
  other["platform"] = {{"os", "linux"}, {"architecture", "vax"}};
  Json own = place.layout.manifest();
  own["platform"] = {{"os", "linux"}, {"architecture", architecture()}};
  const bool nested = GENERATE(false, true);
  if (nested) {
    const Json index = {{"schemaVersion", 2}, {"mediaType", kIndex}, {"manifests", {other, own}}};
    place.layout.list(place.layout.blob(index.dump(), kIndex), "tag");
  } else {
    place.layout.list(other);
    place.layout.list(own);
  }
  CHECK(place.import().digest == own["digest"]);
}

TEST_CASE("an image for another machine is refused by name") {
  Place place;
  place.layout.layer(some_tar());
  const bool in_index = GENERATE(false, true);
  Json manifest = place.layout.manifest({{"architecture", "vax"}});
  if (in_index) manifest["platform"] = {{"os", "linux"}, {"architecture", "vax"}};
  place.layout.list(manifest);
  const Error error = place.refused();
  CHECK(error.kind() == ErrorKind::unsupported);
  CHECK_THAT(error.what(), ContainsSubstring("vax"));
}

TEST_CASE("content that is not what it was announced as") {
  Place place;
  place.layout.layer(some_tar(std::string(100'000, 'x')), GENERATE("none", "gzip", "zstd"));
  const Json manifest = place.layout.manifest();
  const std::string layer = place.blob_path(place.layout.layers[0]);
  place.layout.list(manifest);

  SECTION("a changed byte of a layer") {
    std::string bytes = read(layer);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write(layer, bytes);
    CHECK(place.refused().kind() == ErrorKind::digest_mismatch);
  }
  SECTION("a truncated layer") {
    const std::string bytes = read(layer);
    write(layer, bytes.substr(0, bytes.size() / 2));
    CHECK(place.refused().kind() == ErrorKind::digest_mismatch);
  }
  SECTION("an empty layer") {
    write(layer, "");
    CHECK(place.refused().kind() == ErrorKind::digest_mismatch);
  }
  SECTION("a layer with something behind it") {
    write(layer, read(layer) + "more");
    CHECK(place.refused().kind() == ErrorKind::digest_mismatch);
  }
  SECTION("a changed manifest") {
    write(place.blob_path(manifest), read(place.blob_path(manifest)) + " ");
    CHECK(place.refused().kind() == ErrorKind::digest_mismatch);
  }
  SECTION("a missing layer") {
    ::unlink(layer.c_str());
    CHECK(place.refused().kind() == ErrorKind::image_corrupt);
  }
  SECTION("a missing manifest") {
    ::unlink(place.blob_path(manifest).c_str());
    CHECK(place.refused().kind() == ErrorKind::image_corrupt);
  }
}

TEST_CASE("a wrong size, though the digest is right") {
  Place place;
  place.layout.layer(some_tar());
  const int by = GENERATE(-1, 1);
  place.layout.layers[0]["size"] = place.layout.layers[0]["size"].get<int>() + by;
  place.layout.finish();
  CHECK(place.refused().kind() == ErrorKind::digest_mismatch);
}

TEST_CASE("a wrong diff_id, though the digest is right") {
  Place place;
  place.layout.layer(some_tar(), GENERATE("none", "gzip", "zstd"));
  place.layout.diff_ids[0] = digest("something else");
  place.layout.finish();
  CHECK(place.refused().kind() == ErrorKind::digest_mismatch);
}

TEST_CASE("a layer that was truncated before it was hashed") {
  Place place;
  const std::string how = GENERATE("gzip", "zstd");
  const std::string whole = tar({file("file", std::string(300'000, 'x') + "end")});
  std::string cut = compressed(whole, how);
  cut.resize(cut.size() - 20);
  place.layout.layers.push_back(
      place.layout.blob(cut, "application/vnd.oci.image.layer.v1.tar+" + how));
  place.layout.diff_ids.push_back(digest(whole));
  place.layout.finish();
  CHECK(place.refused().kind() == ErrorKind::image_corrupt);
}

TEST_CASE("a layer of another compression than announced, or that is no tar") {
  Place place;
  SECTION("plain, announced as gzip") {
    place.layout.layers.push_back(
        place.layout.blob(some_tar(), "application/vnd.oci.image.layer.v1.tar+gzip"));
    place.layout.diff_ids.push_back(digest(some_tar()));
  }
  SECTION("gzip, announced as plain") {
    place.layout.layers.push_back(place.layout.blob(compressed(some_tar(), "gzip"),
                                                    "application/vnd.oci.image.layer.v1.tar"));
    place.layout.diff_ids.push_back(digest(some_tar()));
  }
  SECTION("no tar") {
    const std::string text(5000, 't');
    place.layout.layers.push_back(
        place.layout.blob(text, "application/vnd.oci.image.layer.v1.tar"));
    place.layout.diff_ids.push_back(digest(text));
  }
  SECTION("a tar cut within an entry") {
    const std::string cut = some_tar(std::string(5000, 'x')).substr(0, 1500);
    place.layout.layers.push_back(place.layout.blob(cut, "application/vnd.oci.image.layer.v1.tar"));
    place.layout.diff_ids.push_back(digest(cut));
  }
  place.layout.finish();
  CHECK(place.refused().kind() == ErrorKind::image_corrupt);
}

TEST_CASE("unknown media types are refused by name") {
  Place place;
  place.layout.layer(some_tar());
  SECTION("of a layer") {
    place.layout.layers[0]["mediaType"] = "application/x-riddle";
    place.layout.finish();
  }
  SECTION("of a manifest") {
    Json manifest = place.layout.manifest();
    manifest["mediaType"] = "application/x-riddle";
    place.layout.list(manifest);
  }
  SECTION("of a manifest about itself") {
    const Json text = {{"schemaVersion", 2},
                       {"mediaType", "application/x-riddle"},
                       {"config", Json::object()},
                       {"layers", Json::array()}};
    place.layout.list(place.layout.blob(text.dump(), kManifest));
  }
  const Error error = place.refused();
  CHECK(error.kind() == ErrorKind::image_corrupt);
  CHECK_THAT(error.what(), ContainsSubstring("application/x-riddle"));
}

TEST_CASE("documents that make no sense") {
  Place place;
  place.layout.layer(some_tar());
  SECTION("an index and a manifest at once") {
    const Json text = {{"schemaVersion", 2},
                       {"manifests", Json::array()},
                       {"layers", Json::array()},
                       {"config", Json::object()}};
    place.layout.list(place.layout.blob(text.dump(), kManifest));
  }
  SECTION("fewer layers than diff_ids") {
    place.layout.diff_ids.push_back(digest("x"));
    place.layout.finish();
  }
  SECTION("a digest that is a path") {
    Json manifest = place.layout.manifest();
    manifest["digest"] = "sha256:../../../../../etc/passwd";
    place.layout.list(manifest);
  }
  SECTION("a digest of another kind") {
    Json manifest = place.layout.manifest();
    manifest["digest"] = "sha512:" + std::string(128, 'a');
    place.layout.list(manifest);
  }
  SECTION("a negative size") {
    Json manifest = place.layout.manifest();
    manifest["size"] = -1;
    place.layout.list(manifest);
  }
  SECTION("an index within itself, or nearly") {
    Json inner = {{"schemaVersion", 2}, {"manifests", {place.layout.manifest()}}};
    Json descriptor;
    for (int i = 0; i < 6; ++i) {
      descriptor = place.layout.blob(inner.dump(), kIndex);
      inner["manifests"] = {descriptor};
    }
    place.layout.list(descriptor);
  }
  SECTION("no JSON") {
    place.layout.finish();
    write(place.layout.path() + "/index.json", "{\"schemaVersion\": 2,");
  }
  SECTION("JSON of another form") {
    place.layout.finish();
    write(place.layout.path() + "/index.json",
          GENERATE("[]", "1", "{}", "{\"schemaVersion\":2,\"manifests\":7}",
                   "{\"schemaVersion\":2,\"manifests\":[7]}",
                   "{\"schemaVersion\":2,\"manifests\":[]}"));
  }
  SECTION("JSON of a great depth") {
    place.layout.finish();
    write(place.layout.path() + "/index.json", std::string(200'000, '['));
  }
  SECTION("another version of the layout") {
    place.layout.finish();
    write(place.layout.path() + "/oci-layout", "{\"imageLayoutVersion\": \"2.0.0\"}");
  }
  SECTION("schema 1") {
    const Json text = {{"schemaVersion", 1}, {"fsLayers", Json::array()}};
    place.layout.list(place.layout.blob(text.dump(), kManifest));
  }
  CHECK(place.refused().kind() == ErrorKind::image_corrupt);
}

TEST_CASE("a blob that is no regular file of the layout") {
  Place place;
  Directory elsewhere;
  place.layout.layer(some_tar());
  place.layout.finish();
  const std::string layer = place.blob_path(place.layout.layers[0]);
  SECTION("a FIFO that nobody writes to") {
    ::unlink(layer.c_str());
    REQUIRE(::mkfifo(layer.c_str(), 0600) == 0);
  }
  SECTION("a link out of the layout") {
    REQUIRE(::rename(layer.c_str(), (elsewhere / "layer").c_str()) == 0);
    REQUIRE(::symlink((elsewhere / "layer").c_str(), layer.c_str()) == 0);
  }
  SECTION("a directory") {
    ::unlink(layer.c_str());
    REQUIRE(::mkdir(layer.c_str(), 0700) == 0);
  }
  CHECK(place.refused().kind() == ErrorKind::image_corrupt);
}

TEST_CASE("sources that are no image") {
  Directory directory;
  Store store(directory / "store");
  CHECK(error_of([&] { store.import(directory / "missing", "x"); }).kind() == ErrorKind::no_input);
  ::mkdir((directory / "empty").c_str(), 0755);
  CHECK(error_of([&] { store.import(directory / "empty", "x"); }).kind() ==
        ErrorKind::image_corrupt);
  write(directory / "text", "this is no archive");
  CHECK(error_of([&] { store.import(directory / "text", "x"); }).kind() ==
        ErrorKind::image_corrupt);
  write(directory / "nothing", "");
  CHECK(error_of([&] { store.import(directory / "nothing", "x"); }).kind() ==
        ErrorKind::image_corrupt);
  write(directory / "other.tar", tar({file("something", "else")}));
  CHECK(error_of([&] { store.import(directory / "other.tar", "x"); }).kind() ==
        ErrorKind::image_corrupt);
  CHECK(store.list().empty());
}
