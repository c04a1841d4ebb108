// Equal files of several images are stored once.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/fixture.h"

namespace cloche::image::test {

namespace {

namespace fs = std::filesystem;

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

bool one_inode(const std::string& one, const std::string& other) {
  return status_of(one).st_ino == status_of(other).st_ino;
}

// A store, and layouts to fill it from.
class Place {
 public:
  Image add(const std::string& name, const std::vector<std::vector<Entry>>& layers) {
    Layout layout(directory_ / name);
    for (const std::vector<Entry>& layer : layers) layout.layer(tar(layer));
    layout.finish();
    return store.import(layout.path(), name);
  }
  // The regular files of the pool.
  std::vector<fs::path> pool() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory_ / "store/pool"))
      if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
  }

 private:
  Directory directory_;

 public:
  Store store{directory_ / "store"};
};

Entry at_time(Entry entry, const std::string& time) {
  entry.pax.emplace_back("mtime", time);
  return entry;
}

}  // namespace

TEST_CASE("equal files of two images are one file") {
  Place place;
  const Image one = place.add("one", {{file("a", "the same"), file("b", "of one")}});
  const Image two = place.add("two", {{folder("d"), file("d/c", "the same"), file("b", "of two")}});
  CHECK(one_inode(one.rootfs + "/a", two.rootfs + "/d/c"));
  CHECK_FALSE(one_inode(one.rootfs + "/b", two.rootfs + "/b"));
  CHECK(read(one.rootfs + "/b") == "of one");
  CHECK(read(two.rootfs + "/b") == "of two");
  CHECK(place.pool().size() == 3);
}

TEST_CASE("files that differ in anything are two") {
  Place place;
  const Image one = place.add("one", {{file("a", "the same")}});
  Entry marked = file("marked", "the same");
  marked.pax.emplace_back("SCHILY.xattr.user.mark", "x");
  const Image two =
      place.add("two", {{file("mode", "the same", 0600), at_time(file("time", "the same"), "7"),
                         at_time(file("nanoseconds", "the same"), "0.000000001"), marked,
                         file("longer", "the same "), file("empty", "")}});
  for (const char* name : {"mode", "time", "nanoseconds", "marked", "longer"})
    CHECK_FALSE(one_inode(one.rootfs + "/a", two.rootfs + "/" + name));
  CHECK(status_of(two.rootfs + "/mode").st_mode == (S_IFREG | 0600));
  CHECK(status_of(two.rootfs + "/marked").st_nlink == 1);
  CHECK(status_of(two.rootfs + "/empty").st_nlink == 1);
}

TEST_CASE("files of several names are shared with all of them") {
  Place place;
  const std::vector<std::vector<Entry>> layers = {
      {folder("d"), file("a", "the same"), hard_link("d/b", "a"), hard_link("d/c", "d/b"),
       soft_link("s", "d"), file("f", "of names that are not all known"), hard_link("s/g", "f")},
      {hard_link("e", "a")}};
  const std::string one = place.add("one", layers).rootfs;
  const std::string two =
      place.add("two", {layers[0], {hard_link("e", "a"), file("own", "x")}}).rootfs;
  for (const char* name : {"/a", "/d/b", "/d/c", "/e"}) {
    CHECK(one_inode(two + name, two + "/a"));
    CHECK(one_inode(two + name, one + "/a"));
  }
  CHECK(one_inode(two + "/f", two + "/d/g"));
  CHECK(place.store.verify("two").empty());
  place.store.remove("one");
  place.store.remove("two");
  CHECK(place.pool().empty());
}

TEST_CASE("sharing leaves a directory the time it has") {
  Place place;
  place.add("one", {{file("a", "the same"), file("b", "more")}});
  const std::string two = place
                              .add("two", {{folder("d"), folder("d/e"), file("d/a", "the same"),
                                            file("d/e/b", "more"), hard_link("d/c", "d/e/b")}})
                              .rootfs;
  CHECK(status_of(two + "/d/a").st_nlink == 3);
  CHECK(status_of(two + "/d/c").st_nlink == 4);
  for (const char* name : {"/d", "/d/e"}) CHECK(status_of(two + name).st_mtim.tv_sec == 1700000000);
}

TEST_CASE("a file that an upper layer replaced is not in the pool") {
  Place place;
  // Like two versions of a file with the same size and time.
  const std::string one = place
                              .add("one", {{file("a", "version 1"), file("gone", "x")},
                                           {file("a", "version 2"), file(".wh.gone", "")}})
                              .rootfs;
  const std::string two = place.add("two", {{file("a", "version 2")}}).rootfs;
  CHECK(place.pool().size() == 1);
  CHECK(one_inode(one + "/a", two + "/a"));
  place.store.remove("one");
  place.store.remove("two");
  CHECK(place.pool().empty());
}

TEST_CASE("the pool keeps what an image has, and nothing else") {
  Place place;
  place.add("one", {{file("a", "the same"), file("b", "of one")}});
  const std::string two = place.add("two", {{file("a", "the same"), file("c", "of two")}}).rootfs;
  CHECK(place.pool().size() == 3);
  place.store.remove("one");
  CHECK(place.pool().size() == 2);
  CHECK(read(two + "/a") == "the same");
  // An import that fails leaves no file in the pool.
  CHECK_THROWS(place.add("three", {{file("d", "of three"), file("../e", "outside")}}));
  CHECK(place.pool().size() == 2);
  place.store.remove("two");
  CHECK(place.pool().empty());
}

}  // namespace cloche::image::test
