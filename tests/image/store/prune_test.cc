#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/fixture.h"
#include "image/snapshot.h"
#include "image/tree.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

struct PruneStore {
  Directory directory;
  Store store{directory / "store"};

  Image import(const std::string& name, const std::vector<Entry>& entries) {
    Layout layout(directory / ("layout-" + name));
    layout.layer(tar(entries), "none");
    layout.finish();
    return store.import(layout.path(), name);
  }
  // Sets the time of an image's import to an hour ago.
  void age(const std::string& name) {
    const std::string path = store.path() + "/images/" + name + ".json";
    Json record = Json::parse(read(path));
    record["created"] = record["created"].get<std::int64_t>() - 3600;
    write(path, record.dump());
  }
  // The disk space of the store's files in bytes, each file counted once.
  std::uint64_t bytes() const { return tree_bytes(AT_FDCWD, store.path()); }
};

}  // namespace

TEST_CASE("a store in order has nothing to prune") {
  PruneStore place;
  CHECK(place.store.prune({}).bytes == 0);
  CHECK_FALSE(exists(place.store.path()));
  place.import("image", {file("x", "content")});
  const Snapshot before = contents(place.store.path());
  const Pruned pruned = place.store.prune({});
  CHECK(pruned.bytes == 0);
  CHECK(pruned.rootfs + pruned.blobs + pruned.staging + pruned.images.size() == 0);
  CHECK(difference(before, contents(place.store.path())) == "");
}

TEST_CASE("a prune removes everything that no record names, and a dry run lists exactly that") {
  PruneStore place;
  place.import("kept", {file("shared", std::string(10'000, 's')), file("own", "kept")});
  place.import("gone", {file("shared", std::string(10'000, 's')),
                        file("only", std::string(20'000, 'o')), hard_link("again", "only")});
  const std::vector<std::string> kept = [&] {
    PruneStore other;
    other.import("kept", {file("shared", std::string(10'000, 's')), file("own", "kept")});
    return listing(other.store.path() + "/rootfs");
  }();
  // The state after kills: no record, a staging directory, a blob that no image has.
  REQUIRE(::unlink((place.store.path() + "/images/gone.json").c_str()) == 0);
  fs::create_directories(place.store.path() + "/tmp/0123/entry/root");
  write(place.store.path() + "/tmp/0123/entry/root/file", std::string(5'000, 'f'));
  write(place.store.path() + "/blobs/sha256/" + std::string(64, 'a'), std::string(7'000, 'b'));

  const Snapshot before = contents(place.store.path());
  PruneOptions dry;
  dry.dry_run = true;
  const Pruned told = place.store.prune(dry);
  CHECK(difference(before, contents(place.store.path())) == "");
  const std::uint64_t full = place.bytes();
  const Pruned pruned = place.store.prune({});
  CHECK(pruned.bytes == told.bytes);
  CHECK(full - place.bytes() == pruned.bytes);
  CHECK(pruned.bytes > 20'000 + 5'000 + 7'000);
  CHECK(pruned.rootfs == 1);
  CHECK(pruned.staging == 1);
  CHECK(pruned.blobs == 4);
  CHECK(listing(place.store.path() + "/rootfs") == kept);
  CHECK(listing(place.store.path() + "/tmp").empty());
  CHECK(place.store.verify("kept").empty());
}

TEST_CASE("old images that nobody uses go when that is asked for") {
  PruneStore place;
  place.import("old", {file("x", "old")});
  place.import("used", {file("x", "used")});
  place.import("young", {file("x", "young")});
  place.age("old");
  place.age("used");
  const Image used = place.store.find("used");
  PruneOptions options;
  options.older_than = std::chrono::minutes(30);
  const Pruned pruned = place.store.prune(options);
  CHECK(pruned.images == std::vector<std::string>{"old"});
  CHECK(pruned.in_use == std::vector<std::string>{"used"});
  CHECK_FALSE(place.store.contains("old"));
  CHECK(read(used.rootfs + "/x") == "used");
  options.older_than = std::chrono::seconds(0);
  CHECK(place.store.prune(options).images == std::vector<std::string>{"young"});
  CHECK(place.store.list().size() == 1);
}

TEST_CASE("listing says what is in use") {
  PruneStore place;
  place.import("image", {file("x", "x")});
  place.import("other", {file("x", "y")});
  const Image held = place.store.find("other");
  const std::vector<Image> list = place.store.list();
  REQUIRE(list.size() == 2);
  CHECK_FALSE(list[0].in_use);
  CHECK(list[1].in_use);
}

TEST_CASE("a record that cannot be read keeps everything, and does not hide the others") {
  PruneStore place;
  place.import("good", {file("x", "x")});
  place.import("bad", {file("x", "y")});
  write(place.store.path() + "/images/bad.json", "{");
  PruneOptions options;
  options.older_than = std::chrono::seconds(0);
  CHECK(place.store.prune(options).unreadable == std::vector<std::string>{"bad"});
  std::size_t roots = 0;
  for (const std::string& line : listing(place.store.path() + "/rootfs"))
    roots += line.find("/lock ") != std::string::npos ? 1 : 0;
  CHECK(roots == 2);
  std::vector<std::string> broken;
  CHECK(place.store.list(&broken).empty());
  CHECK(broken == std::vector<std::string>{"bad"});
}
