// A prune and an import that are killed at each of their system calls in turn.
//
// Locks end with their process, so a killed process leaves only the files of the store.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "catch.h"
#include "image/fixture.h"
#include "image/snapshot.h"
#include "image/store/collect.h"
#include "image/store/lock.h"
#include "image/store/staging.h"
#include "image/tree.h"
#include "kill_at.h"
#include "util/fd.h"

namespace cloche::image::test {

namespace {

namespace fs = std::filesystem;

// Images that share one file and have another file of their own, and two names of a third file.
std::string layout_of(const Directory& directory, const std::string& name) {
  Layout layout(directory / ("layout-" + name));
  layout.layer(tar({file("shared", std::string(20'000, 's')), file("who", name),
                    file("two", "names of " + name), hard_link("names", "two")}));
  layout.finish();
  return layout.path();
}

bool is_whole(const Image& image) {
  const std::string who = read(image.rootfs + "/who");
  return who.size() == 1 && read(image.rootfs + "/shared") == std::string(20'000, 's') &&
         read(image.rootfs + "/names") == "names of " + who;
}

void copy_store(const Directory& directory, const std::string& from, const std::string& to) {
  fs::remove_all(directory / to);
  REQUIRE(run_tool(directory, {"cp", "-a", directory / from, directory / to}) == 0);
}

// Adds to a store the leftovers of killed imports: unpacked files with second names in the pool, a
// file on its way from the pool to an image, an incomplete record, and a blob that no image has.
void litter(const std::string& store) {
  const std::string root = store + "/tmp/0123456789abcdef/entry/root";
  fs::create_directories(root);
  write(root + "/file", std::string(5'000, 'f'));
  write(root + "/other", std::string(6'000, 'o'));
  fs::create_directories(store + "/pool/00");
  fs::create_hard_link(root + "/file", store + "/pool/00/of-nobody");
  fs::create_hard_link(root + "/file", store + "/pool/passing.0123");
  write(store + "/tmp/record-abcdef", "{");
  write(store + "/blobs/sha256/" + std::string(64, 'a'), std::string(7'000, 'b'));
}

// A kill at a call that changes no file leaves the same store as a kill at the next call that does.
// So these calls suffice for a daily run. $CLOCHE_TEST_EVERY_CALL selects all.
Calls calls() {
  return std::getenv("CLOCHE_TEST_EVERY_CALL") != nullptr ? Calls::all : Calls::changing;
}

std::size_t files_in(const std::string& path) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) count += !entry.is_directory();
  return count;
}

// An unpacker ends after the process that started it, and holds the staging directory's lock until
// then.
void wait_for_unpackers(const Store& store) {
  for (const auto& entry : fs::directory_iterator(store.path() + "/tmp")) {
    const UniqueFd lock(::open((entry.path().string() + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
    if (lock) wait_lock(lock.get(), LockKind::shared);
  }
}

PruneOptions all_images(bool dry_run = false) {
  PruneOptions options;
  options.older_than = std::chrono::seconds(0);
  options.dry_run = dry_run;
  return options;
}

void check_images(const Store& store) {
  std::vector<std::string> broken;
  for (const Image& image : store.list(&broken)) CHECK(is_whole(store.find(image.name)));
  CHECK(broken.empty());
}

// The next import removes everything that no image needs (docs/images.md).
void check_import_cleans_up(Store& store) {
  // The work of an import before and after its own part.
  { const Staging cleaner(store.path()); }
  collect_quietly(store.path());
  check_images(store);
  CHECK(listing(store.path() + "/tmp").empty());
  const Snapshot before = contents(store.path());
  const Pruned pruned = store.prune({});
  CHECK(pruned.bytes == 0);
  CHECK(pruned.rootfs + pruned.blobs + pruned.staging == 0);
  CHECK(difference(before, contents(store.path())) == "");
}

// The next prune removes it, too. A dry run and the prune itself say how many bytes that frees.
void check_prune_cleans_up(Store& store) {
  const std::uint64_t told = store.prune(all_images(true)).bytes;
  const std::uint64_t full = tree_bytes(AT_FDCWD, store.path());
  const std::uint64_t records = tree_bytes(AT_FDCWD, store.path() + "/images");
  const Pruned pruned = store.prune(all_images());
  const std::uint64_t removed_records = records - tree_bytes(AT_FDCWD, store.path() + "/images");
  CHECK(pruned.bytes == told);
  CHECK(full - tree_bytes(AT_FDCWD, store.path()) == pruned.bytes + removed_records);
  check_images(store);
  CHECK(store.prune(all_images()).bytes == 0);
}

void check_empties(Store& store) {
  for (const Image& image : store.list()) store.remove(image.name);
  store.prune({});
  for (const char* part : {"/rootfs", "/blobs/sha256", "/pool", "/tmp", "/images"})
    CHECK(files_in(store.path() + part) == 0);
}

}  // namespace

TEST_CASE("a prune that is killed wherever it is leaves a good store") {
  const Directory directory;
  for (const char* name : {"a", "b", "c"})
    Store(directory / "full").import(layout_of(directory, name), name);
  litter(directory / "full");
  std::size_t kills = 0;
  for (;; ++kills) {
    copy_store(directory, "full", "store");
    Store store(directory / "store");
    {
      const Image used = store.find("a");
      const std::string call = kill_at(kills, calls(), [&store] {
        store.prune(all_images());
        return 0;
      });
      if (call.empty()) break;
      INFO("killed at call " << kills << ", " << call);
      check_images(store);
      CHECK(store.contains("a"));
      CHECK(is_whole(used));
    }
    INFO("killed at call " << kills);
    copy_store(directory, "store", "same");
    check_import_cleans_up(store);
    Store same(directory / "same");
    {
      const Image used = same.find("a");
      check_prune_cleans_up(same);
      CHECK(is_whole(used));
    }
    check_empties(same);
  }
  CHECK(kills > 20);
}

TEST_CASE("an import that is killed wherever it is leaves a good store") {
  const Directory directory;
  for (const char* name : {"a", "b"})
    Store(directory / "full").import(layout_of(directory, name), name);
  litter(directory / "full");
  const std::string layout = layout_of(directory, "c");
  std::size_t kills = 0;
  for (;; ++kills) {
    copy_store(directory, "full", "store");
    Store store(directory / "store");
    const std::string call = kill_at(kills, calls(), [&] {
      store.import(layout, "b");
      return 0;
    });
    if (call.empty()) break;
    INFO("killed at call " << kills << ", " << call);
    wait_for_unpackers(store);
    check_images(store);
    CHECK(store.list().size() == 2);
    check_import_cleans_up(store);
    check_empties(store);
  }
  CHECK(kills > 20);
}

}  // namespace cloche::image::test
