// Imports, removals, prunes, verifications and runs at the same time, from real processes. Some are
// killed. The tests check the store that remains.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "catch.h"
#include "image/fixture.h"
#include "image/snapshot.h"
#include "image/store/lock.h"
#include "util/fd.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

constexpr int kRounds = 6;

// Random numbers that are the same in each run.
class Random {
 public:
  explicit Random(unsigned seed) : state_(seed) {}
  unsigned operator()() { return static_cast<unsigned>(state_()); }

 private:
  std::mt19937 state_;
};

// Three images that share files, so that the pool has something to do.
std::vector<std::string> some_layouts(const Directory& directory) {
  std::vector<std::string> paths;
  for (const char* name : {"a", "b", "c"}) {
    Layout layout(directory / name);
    layout.layer(tar({file("shared", std::string(200'000, 's')), file("who", name)}));
    layout.layer(tar({file("again", name)}), "none");
    layout.finish();
    paths.push_back(layout.path());
  }
  return paths;
}

// Whether an error is legitimate for a name that other processes also change.
bool is_expected(const Error& error) {
  return error.kind() == ErrorKind::image_missing || error.kind() == ErrorKind::busy ||
         error.kind() == ErrorKind::taken;
}

void tolerate(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (!is_expected(error)) throw;
  }
}

// Uses an image as a run does: it must stay consistent as long as the lease is held.
int use(const Store& store, const std::string& name) {
  bool whole = true;
  tolerate([&] {
    const Image image = store.find(name);
    for (int times = 0; times < 5; ++times)
      whole = whole && read(image.rootfs + "/who").size() == 1 &&
              read(image.rootfs + "/who") == read(image.rootfs + "/again") &&
              read(image.rootfs + "/shared").size() == 200'000;
  });
  return whole ? 0 : 3;
}

int do_one(Store& store, const std::vector<std::string>& layouts, unsigned choice) {
  const std::string name = std::string("image") + static_cast<char>('0' + choice % 2);
  switch (choice / 2 % 6) {
    case 0:
    case 1:
      store.import(layouts[choice % 3], name);
      return 0;
    case 2:
      tolerate([&] { store.remove(name); });
      return 0;
    case 3: {
      PruneOptions options;
      if (choice % 3 == 0) options.older_than = std::chrono::seconds(0);
      store.prune(options);
      return 0;
    }
    case 4: {
      int bad = 0;
      tolerate([&] { bad = store.verify(name).empty() ? 0 : 4; });
      return bad;
    }
    default:
      return use(store, name);
  }
}

// An unpacker ends after the process that started it, and holds the staging directory's lock until
// then.
void wait_for_the_dying(const Store& store) {
  for (const auto& entry : fs::directory_iterator(store.path() + "/tmp")) {
    const UniqueFd lock(::open((entry.path().string() + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
    if (lock) wait_lock(lock.get(), LockKind::shared);
  }
}

void check_in_order(Store& store, const std::vector<std::string>& layouts) {
  wait_for_the_dying(store);
  for (const Image& image : store.list()) CHECK(store.verify(image.name).empty());
  store.import(layouts[0], "last");
  CHECK(store.verify("last").empty());
  CHECK(listing(store.path() + "/tmp").empty());
  // The store has only files that an image needs, and a prune removes nothing.
  const Snapshot before = contents(store.path());
  CHECK(store.prune({}).bytes == 0);
  CHECK(difference(before, contents(store.path())) == "");
  for (const Image& image : store.list()) store.remove(image.name);
  store.prune({});
  CHECK(listing(store.path() + "/rootfs").empty());
  CHECK(listing(store.path() + "/blobs/sha256").empty());
  std::size_t pooled = 0;
  for (const auto& entry : fs::recursive_directory_iterator(store.path() + "/pool"))
    pooled += entry.is_regular_file() ? 1 : 0;
  CHECK(pooled == 0);
}

}  // namespace

TEST_CASE("everything at once, from several processes") {
  Directory directory;
  const std::vector<std::string> layouts = some_layouts(directory);
  Store store(directory / "store");
  std::vector<pid_t> children;
  for (unsigned each = 0; each < 4; ++each)
    children.push_back(start_child([&, each] {
      Random random(each);
      for (int round = 0; round < 5 * kRounds; ++round)
        if (const int bad = do_one(store, layouts, random()); bad != 0) return bad;
      return 0;
    }));
  for (const pid_t child : children) CHECK(wait_for(child) == 0);
  check_in_order(store, layouts);
}

TEST_CASE("processes that are killed wherever they are leave a good store") {
  Directory directory;
  const std::vector<std::string> layouts = some_layouts(directory);
  Store store(directory / "store");
  Random random(11);
  for (int round = 0; round < 2 * kRounds; ++round) {
    std::vector<pid_t> children;
    for (unsigned each = 0; each < 3; ++each) {
      const unsigned seed = random();
      children.push_back(start_child([&, seed] {
        Random own(seed);
        for (;;) do_one(store, layouts, own());
        return 0;
      }));
    }
    // The moments do not matter, but there must be many different ones.
    ::usleep(5'000 + random() % 60'000);
    for (const pid_t child : children) ::kill(child, SIGKILL);
    for (const pid_t child : children) CHECK(WIFSIGNALED(wait_for(child)));
    for (const Image& image : store.list()) CHECK(store.verify(image.name).empty());
  }
  check_in_order(store, layouts);
}
