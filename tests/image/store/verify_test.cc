// Verification finds every kind of change in a store, and changes nothing itself.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "image/fixture.h"
#include "image/snapshot.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

struct VerifyStore {
  Directory directory;
  Store store{directory / "store"};
  Layout layout{directory / "layout"};
  Image image;

  VerifyStore() {
    layout.layer(tar({folder("etc"), file("etc/passwd", "root"), file("etc/other", "thing"),
                      hard_link("etc/same", "etc/passwd"), soft_link("link", "etc/passwd"),
                      folder("empty"), file("gone", "x")}));
    layout.layer(tar({file(".wh.gone", ""), file("late/file", "made a directory")}), "zstd");
    layout.finish();
    // A second image, which shares files with the first.
    Layout other(directory / "other");
    other.layer(tar({folder("etc"), file("etc/other", "thing")}));
    other.finish();
    store.import(other.path(), "neighbour");
    image = store.import(layout.path(), "image");
    image.lease.reset();
  }
  std::string at(const std::string& path) const { return image.rootfs + path; }
};

struct Tampering {
  const char* name;
  std::function<void(VerifyStore&)> act;
  const char* where;
  const char* what;
};

void keep_times(const std::string& path, const std::function<void()>& act) {
  struct stat status {};
  ::lstat(path.c_str(), &status);
  act();
  const timespec times[2] = {status.st_atim, status.st_mtim};
  ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

const std::vector<Tampering>& tamperings() {
  static const std::vector<Tampering> list = {
      {"content of the same size and time",
       [](VerifyStore& place) {
         keep_times(place.at("/etc/other"), [&] { write(place.at("/etc/other"), "thinG"); });
       },
       "/etc/other", "content"},
      {"a longer file",
       [](VerifyStore& place) { write(place.at("/late/file"), "longer than it was"); },
       "/late/file", "size"},
      {"a mode", [](VerifyStore& place) { ::chmod(place.at("/etc/other").c_str(), 0755); },
       "/etc/other", "0755, and was 0644"},
      {"a set-user-id bit",
       [](VerifyStore& place) { ::chmod(place.at("/etc/other").c_str(), 04755); }, "/etc/other",
       "4755"},
      {"the mode of a directory",
       [](VerifyStore& place) { ::chmod(place.at("/etc").c_str(), 0777); }, "/etc", "0777"},
      {"a time",
       [](VerifyStore& place) {
         const timespec times[2] = {{1, 0}, {1, 0}};
         ::utimensat(AT_FDCWD, place.at("/etc/other").c_str(), times, 0);
       },
       "/etc/other", "time"},
      {"another link",
       [](VerifyStore& place) {
         ::unlink(place.at("/link").c_str());
         ::symlink("/etc/shadow", place.at("/link").c_str());
       },
       "/link", "elsewhere"},
      {"a file that is a link",
       [](VerifyStore& place) {
         ::unlink(place.at("/etc/other").c_str());
         ::symlink("/etc/passwd", place.at("/etc/other").c_str());
       },
       "/etc/other", "is a symbolic link, and was a file"},
      {"a FIFO in the place of a file",
       [](VerifyStore& place) {
         ::unlink(place.at("/etc/other").c_str());
         ::mkfifo(place.at("/etc/other").c_str(), 0644);
       },
       "/etc/other", "is a FIFO"},
      {"a directory that is a link",
       [](VerifyStore& place) {
         fs::rename(place.at("/etc"), place.at("/moved"));
         ::symlink("moved", place.at("/etc").c_str());
       },
       "/etc", "is a symbolic link, and was a directory"},
      {"a file that went", [](VerifyStore& place) { ::unlink(place.at("/etc/other").c_str()); },
       "/etc/other", "missing"},
      {"an empty directory that went",
       [](VerifyStore& place) { ::rmdir(place.at("/empty").c_str()); }, "/empty", "missing"},
      {"a file that came", [](VerifyStore& place) { write(place.at("/empty/new"), ""); },
       "/empty/new", "not in the image"},
      {"a whited-out file that came back",
       [](VerifyStore& place) { write(place.at("/gone"), "x"); }, "/gone", "not in the image"},
      {"a FIFO that came", [](VerifyStore& place) { ::mkfifo(place.at("/fifo").c_str(), 0600); },
       "/fifo", "not in the image: a FIFO"},
      {"hard links that are two files",
       [](VerifyStore& place) {
         const std::string path = place.at("/etc/same");
         keep_times(path, [&] {
           ::unlink(path.c_str());
           write(path, "root");
           ::chmod(path.c_str(), 0644);
         });
       },
       "/etc/same", "no longer the same file"},
      {"an attribute",
       [](VerifyStore& place) { ::setxattr(place.at("/etc/other").c_str(), "user.x", "y", 1, 0); },
       "/etc/other", "attributes"},
      {"through the pool",
       [](VerifyStore& place) {
         for (const auto& entry : fs::recursive_directory_iterator(place.store.path() + "/pool"))
           if (entry.is_regular_file() && entry.file_size() == 5) write(entry.path(), "POOL!");
       },
       "/etc/other", "content"},
      {"a blob",
       [](VerifyStore& place) {
         const std::string blob = place.store.path() + "/blobs/sha256/" +
                                  hex(place.layout.layers[0]["digest"].get<std::string>());
         std::ofstream(blob, std::ios::app) << "x";
       },
       "blob sha256:", "another digest"},
      {"a blob that went",
       [](VerifyStore& place) {
         fs::remove(place.store.path() + "/blobs/sha256/" +
                    hex(place.layout.layers[0]["digest"].get<std::string>()));
       },
       "blob sha256:", "missing"},
      {"the manifest",
       [](VerifyStore& place) {
         std::ofstream(place.store.path() + "/blobs/sha256/" + hex(place.image.digest),
                       std::ios::app)
             << " ";
       },
       "blob sha256:", "another digest"},
      {"the environment in the record",
       [](VerifyStore& place) {
         const std::string path = place.store.path() + "/images/image.json";
         Json record = Json::parse(read(path));
         record["config"]["env"] = {"LD_PRELOAD=/x"};
         write(path, record.dump());
       },
       "the record", "configuration"},
      {"the root file system of another image",
       [](VerifyStore& place) {
         const std::string path = place.store.path() + "/images/image.json";
         Json record = Json::parse(read(path));
         record["rootfs"] = hex(place.store.find("neighbour").digest);
         write(path, record.dump());
       },
       "the record", "manifest"},
      {"a record that is none",
       [](VerifyStore& place) { write(place.store.path() + "/images/image.json", "{"); },
       "the record", "read the image record"},
      {"something beside the root", [](VerifyStore& place) { write(place.at("/../hidden"), "x"); },
       "rootfs/hidden", "not the store's"},
  };
  return list;
}

}  // namespace

TEST_CASE("an image as it was imported is good, and so is one of many shapes") {
  VerifyStore place;
  CHECK(place.store.verify("image").empty());
  CHECK(place.store.verify("neighbour").empty());
  CHECK(error_of([&] { place.store.verify("missing"); }).kind() == ErrorKind::image_missing);
}

TEST_CASE("any tampering is found, and nothing else; looking changes nothing") {
  for (const Tampering& tampering : tamperings()) {
    VerifyStore place;
    tampering.act(place);
    const Snapshot before = contents(place.store.path());
    const std::vector<Difference> found = place.store.verify("image");
    INFO(tampering.name);
    CHECK(difference(before, contents(place.store.path())) == "");
    REQUIRE_FALSE(found.empty());
    bool told = false;
    for (const Difference& each : found) {
      INFO(each.where + ": " + each.what);
      CHECK(found.size() <= 5);
      told = told || (each.where.rfind(tampering.where, 0) == 0 &&
                      each.what.find(tampering.what) != std::string::npos);
    }
    CHECK(told);
  }
}

TEST_CASE("verifying does not touch the leftovers of killed processes") {
  VerifyStore place;
  fs::create_directories(place.store.path() + "/tmp/left/root");
  CHECK(place.store.verify("image").empty());
  CHECK(exists(place.store.path() + "/tmp/left/root"));
}
