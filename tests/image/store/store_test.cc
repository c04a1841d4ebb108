#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

// A store and a layout of one file, which a test can change and import again.
struct StoreStore {
  Directory directory;
  Store store{directory / "store"};
  int made = 0;

  Image import(const std::string& name, const std::string& content) {
    Layout layout(directory / ("layout" + std::to_string(made++)));
    layout.layer(tar({file("file", content)}));
    layout.finish();
    return store.import(layout.path(), name);
  }
  std::size_t roots() const {
    std::size_t count = 0;
    for (const std::string& line : listing(store.path() + "/rootfs"))
      if (line.find("/lock ") != std::string::npos) ++count;
    return count;
  }
};

}  // namespace

TEST_CASE("a store that is not there is empty, and looking makes nothing") {
  Directory directory;
  const Store store(directory / "store");
  CHECK(store.list().empty());
  CHECK_FALSE(store.contains("python"));
  const Error error = error_of([&] { store.find("python"); });
  CHECK(error.kind() == ErrorKind::image_missing);
  CHECK_THAT(error.hint(), ContainsSubstring("cloche image build python"));
  CHECK_THAT(error_of([&] { store.find("riddle"); }).hint(),
             ContainsSubstring("cloche image import"));
  CHECK_FALSE(exists(directory / "store"));
}

TEST_CASE("images are found, listed and removed") {
  StoreStore place;
  place.import("b", "1");
  place.import("my/a:1", "2");
  const Image found = place.store.find("my/a:1");
  CHECK(found.name == "my/a:1");
  CHECK(read(found.rootfs + "/file") == "2");
  const std::vector<Image> list = place.store.list();
  REQUIRE(list.size() == 2);
  CHECK(list[0].name == "b");
  CHECK(list[1].name == "my/a:1");
  CHECK(list[1].rootfs == found.rootfs);
  place.store.remove("b");
  CHECK_FALSE(place.store.contains("b"));
  CHECK(place.roots() == 1);
  CHECK(listing(place.store.path() + "/blobs/sha256").size() == 3);
  CHECK(error_of([&] { place.store.remove("b"); }).kind() == ErrorKind::image_missing);
}

TEST_CASE("names that could be paths are refused everywhere") {
  StoreStore place;
  for (const std::string& name :
       {std::string("../x"), std::string("/etc/passwd"), std::string("a/../../b"), std::string(),
        std::string("a\0b", 3)}) {
    CHECK(error_of([&] { place.store.find(name); }).kind() == ErrorKind::usage);
    CHECK(error_of([&] { place.store.contains(name); }).kind() == ErrorKind::usage);
    CHECK(error_of([&] { place.store.remove(name); }).kind() == ErrorKind::usage);
    CHECK(error_of([&] { place.import(name, "x"); }).kind() == ErrorKind::usage);
  }
}

TEST_CASE("an image in use is not removed") {
  StoreStore place;
  place.import("image", "1");
  {
    const Image used = place.store.find("image");
    CHECK(error_of([&] { place.store.remove("image"); }).kind() == ErrorKind::busy);
    CHECK(read(used.rootfs + "/file") == "1");
  }
  place.store.remove("image");
  CHECK(place.roots() == 0);
}

TEST_CASE("a replaced image stays while it is used, and goes later") {
  StoreStore place;
  place.import("image", "old");
  {
    const Image used = place.store.find("image");
    place.import("image", "new");
    CHECK(read(used.rootfs + "/file") == "old");
    CHECK(read(place.store.find("image").rootfs + "/file") == "new");
    CHECK(place.roots() == 2);
  }
  place.import("other", "x");
  CHECK(place.roots() == 2);
  CHECK(read(place.store.find("image").rootfs + "/file") == "new");
}

TEST_CASE("the same image under two names is kept once, until both are gone") {
  StoreStore place;
  const Image one = place.import("one", "x");
  Image two = place.import("two", "x");
  CHECK(two.name == "two");
  CHECK(one.rootfs == two.rootfs);
  CHECK(place.roots() == 1);
  place.store.remove("one");  // although it is in use: the other name keeps the files
  CHECK(read(place.store.find("two").rootfs + "/file") == "x");
  two = Image();
}

TEST_CASE("lookups fall back, changes do not") {
  StoreStore common;
  common.import("shared", "common");
  common.import("hidden", "common");
  StoreStore own;
  Store store(own.directory / "store", {common.store.path()});
  CHECK(read(store.find("shared").rootfs + "/file") == "common");
  CHECK(store.contains("shared"));
  CHECK_FALSE(exists(own.directory / "store"));
  own.import("hidden", "own");
  CHECK(read(store.find("hidden").rootfs + "/file") == "own");
  CHECK(store.list().size() == 2);
  CHECK(error_of([&] { store.remove("shared"); }).kind() == ErrorKind::denied);
  CHECK(common.store.contains("shared"));
}

TEST_CASE("a store works wherever it is moved to") {
  StoreStore place;
  place.import("image", "x");
  REQUIRE(::rename((place.directory / "store").c_str(), (place.directory / "moved").c_str()) == 0);
  CHECK(read(Store(place.directory / "moved").find("image").rootfs + "/file") == "x");
}

TEST_CASE("a broken record is one image's matter") {
  StoreStore place;
  place.import("good", "1");
  place.import("bad", "2");
  const std::string record = place.store.path() + "/images/bad.json";
  for (const std::string& text : {std::string("{"), std::string(), std::string("{\"version\":1}"),
                                  std::string("[]"), std::string("{\"version\":1,\"name\":7}")}) {
    write(record, text);
    CHECK(error_of([&] { place.store.find("bad"); }).kind() == ErrorKind::image_corrupt);
    CHECK(place.store.find("good").bytes == 1);
  }
  // The files that it named are not deleted.
  place.import("third", "3");
  CHECK(place.roots() == 3);
  place.import("bad", "2");
  CHECK(read(place.store.find("bad").rootfs + "/file") == "2");
}

TEST_CASE("an image whose record cannot be read can be removed, and others too") {
  StoreStore place;
  place.import("good", "1");
  place.import("bad", "2");
  write(place.store.path() + "/images/bad.json", "{");
  place.store.remove("good");
  CHECK(place.roots() == 2);  // the other one's files are unknown
  place.store.remove("bad");
  CHECK(place.store.list().empty());
  CHECK(place.roots() == 0);
}

TEST_CASE("only the owner can hold a store's lock") {
  StoreStore place;
  place.import("image", "1");
  const std::string lock = place.store.path() + "/lock";
  struct stat status {};
  REQUIRE(::lstat(lock.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  // The same for a lock file that exists already.
  REQUIRE(::chmod(lock.c_str(), 0644) == 0);
  place.import("image", "2");
  REQUIRE(::lstat(lock.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a store is its owner's alone to change, whatever the umask") {
  const mode_t before = ::umask(0);
  StoreStore place;
  place.import("image", "1");
  ::umask(before);
  for (const char* name : {"", "/images", "/rootfs", "/blobs", "/blobs/sha256", "/pool", "/tmp",
                           "/lock", "/images/image.json"}) {
    INFO(name);
    struct stat status {};
    REQUIRE(::lstat((place.store.path() + name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0022) == 0);
  }
}

TEST_CASE("an image that replaces itself is whole again") {
  StoreStore place;
  const Image first = place.import("image", "as it was");
  place.import("neighbour", "as it was");
  write(first.rootfs + "/file", "damaged");
  const auto blobs = listing(place.store.path() + "/blobs/sha256");
  for (const Layer& layer : first.layers)
    REQUIRE(::unlink((place.store.path() + "/blobs/sha256/" + hex(layer.digest)).c_str()) == 0);
  CHECK_FALSE(place.store.verify("image").empty());
  const Image second = place.import("image", "as it was");
  CHECK(second.digest == first.digest);
  CHECK(read(second.rootfs + "/file") == "as it was");
  CHECK(listing(place.store.path() + "/blobs/sha256") == blobs);
  CHECK(place.store.verify("image").empty());
  // Another name is repaired the same way. Then no image uses the damaged files.
  CHECK_FALSE(place.store.verify("neighbour").empty());
  place.import("neighbour", "as it was");
  CHECK(place.store.verify("neighbour").empty());
}

TEST_CASE("an image of which blobs are missing is not taken for whole") {
  StoreStore place;
  const Image first = place.import("image", "x");
  REQUIRE(::unlink((place.store.path() + "/blobs/sha256/" + hex(first.layers[0].digest)).c_str()) ==
          0);
  place.import("other", "x");
  CHECK(place.store.verify("other").empty());
}

TEST_CASE("caps hold for images that are there already") {
  StoreStore place;
  place.import("image", "more than a byte");
  Layout layout(place.directory / "again");
  layout.layer(tar({file("file", "more than a byte")}));
  layout.finish();
  ImportOptions options;
  options.caps.bytes = 1;
  CHECK(error_of([&] { place.store.import(layout.path(), "other", options); }).kind() ==
        ErrorKind::too_large);
}

TEST_CASE("a record may not lead out of the store") {
  StoreStore place;
  place.import("image", "1");
  const std::string record = place.store.path() + "/images/image.json";
  Json json = Json::parse(read(record));
  json["rootfs"] = "../../../../etc";
  write(record, json.dump());
  CHECK(error_of([&] { place.store.find("image"); }).kind() == ErrorKind::image_corrupt);
}

TEST_CASE("files that are gone are named so") {
  StoreStore place;
  const std::string rootfs = place.import("image", "1").rootfs;
  const std::string lock = rootfs.substr(0, rootfs.size() - 5) + "/lock";
  REQUIRE(::unlink(lock.c_str()) == 0);
  CHECK(error_of([&] { place.store.find("image"); }).kind() == ErrorKind::image_corrupt);
}

TEST_CASE("a store that may not be written says so") {
  if (::geteuid() == 0) return;  // root may
  Directory directory, elsewhere;
  ::chmod(directory.path().c_str(), 0500);
  Layout layout(elsewhere / "layout");
  layout.finish();
  Store store(directory / "store");
  CHECK(error_of([&] { store.import(layout.path(), "x"); }).kind() == ErrorKind::denied);
  ::chmod(directory.path().c_str(), 0700);
}
