// Imports that are interrupted, run out of space, or run at the same time.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "catch.h"
#include "image/fixture.h"
#include "image/store/staging.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

std::string noise(std::size_t size) {
  std::mt19937_64 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A layout of two layers that are large enough for progress reports in the middle.
std::string large_layout(const Directory& directory, const std::string& name) {
  Layout layout(directory / name);
  layout.layer(tar({file("first", noise(5'000'000)), file("who", name)}), "none");
  layout.layer(tar({file("second", noise(5'000'000))}), "none");
  layout.finish();
  return layout.path();
}

std::size_t count_of(const std::string& path, const std::string& ending) {
  std::size_t count = 0;
  for (const std::string& line : listing(path))
    if (line.size() >= ending.size() &&
        line.compare(line.size() - ending.size(), ending.size(), ending) == 0)
      ++count;
  return count;
}

void write_map(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) ::_exit(77);
  ::close(fd);
}

// A small file system at `path`, for this process alone. Exits with 77 if the host does not allow
// it.
void mount_small(const std::string& path, const std::string& options) {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) ::_exit(77);
  write_map("/proc/self/setgroups", "deny");
  write_map("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
  write_map("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  if (::mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) < 0) ::_exit(77);
}

}  // namespace

TEST_CASE("an import that is killed at any stage leaves the store as it was") {
  Directory directory;
  Store store(directory / "store");
  store.import(large_layout(directory, "old"), "image");
  const std::string next = large_layout(directory, "new");

  int moments = 0;
  for (int moment = 1;; ++moment) {
    const int status = in_child([&] {
      int told = 0;
      // The child kills itself during a progress report.
      store.import(next, "image", {}, [&](const std::string&, std::uint64_t, std::uint64_t) {
        if (++told == moment) ::raise(SIGKILL);
      });
      return 0;
    });
    if (WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      break;
    }
    ++moments;
    CHECK(read(store.find("image").rootfs + "/who") == "old");
    CHECK(count_of(store.path() + "/rootfs", "/lock 0") == 1);
    CHECK(store.list().size() == 1);
  }
  // Both layers were interrupted before, in and after unpacking.
  CHECK(moments >= 6);
  CHECK(read(store.find("image").rootfs + "/who") == "new");
  CHECK(listing(store.path() + "/tmp").empty());
  CHECK(count_of(store.path() + "/rootfs", "/lock 0") == 1);
  CHECK(listing(store.path() + "/blobs/sha256").size() == 4);
}

TEST_CASE("the leftovers of a process killed between the last two steps are collected") {
  Directory directory;
  Store store(directory / "store");
  store.import(large_layout(directory, "one"), "one");
  // The root file system is in place, but the record is missing.
  REQUIRE(::unlink((store.path() + "/images/one.json").c_str()) == 0);
  CHECK_FALSE(store.contains("one"));
  store.import(large_layout(directory, "two"), "two");
  CHECK(count_of(store.path() + "/rootfs", "/lock 0") == 1);
  CHECK(listing(store.path() + "/blobs/sha256").size() == 4);
}

TEST_CASE("a staging directory is left alone while its process lives") {
  Directory directory;
  Staging mine(directory / "store");
  write(mine.path() + "/file", "x");
  {
    Staging other(directory / "store");
    CHECK(exists(mine.path() + "/file"));
    CHECK(other.path() != mine.path());
  }
  CHECK(exists(mine.path() + "/file"));
}

TEST_CASE("a killed unpacker does not outlive the process that started it") {
  Directory directory;
  Store store(directory / "store");
  const std::string layout = large_layout(directory, "image");
  in_child([&] {
    store.import(layout, "image", {}, [](const std::string&, std::uint64_t done, std::uint64_t) {
      if (done > 0) ::raise(SIGKILL);
    });
    return 0;
  });
  // The unpacker also holds the lock of the staging directory. When the lock is free, the unpacker
  // is gone.
  Staging next(store.path());
  std::size_t others = 0;
  for (const std::string& line : listing(store.path() + "/tmp"))
    if (line.find("/lock ") != std::string::npos) ++others;
  // If it had ended before, its files are removed already; otherwise the next process removes them.
  CHECK(others <= 2);
  store.import(layout, "image");
  CHECK(read(store.find("image").rootfs + "/who") == "image");
}

TEST_CASE("waiting for somebody who writes to a FIFO can be ended") {
  Directory directory;
  Store store(directory / "store");
  const std::string fifo = directory / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  ImportOptions options;
  SECTION("by whoever is told how far it is") {
    options.progress = [](const std::string& what, std::uint64_t, std::uint64_t) {
      if (what.rfind("waiting for ", 0) == 0) throw std::runtime_error("enough");
    };
    CHECK_THROWS_WITH(store.import(fifo, "image", options), "enough");
  }
  SECTION("by the cap of time") {
    options.caps.time = std::chrono::milliseconds(300);
    CHECK(error_of([&] { store.import(fifo, "image", options); }).kind() == ErrorKind::too_large);
  }
  SECTION("by somebody who writes") {
    const pid_t child = start_child([&] {
      write(fifo, tar({folder("usr"), file("usr/x", "x")}));
      return 0;
    });
    CHECK(read(store.import(fifo, "image", options).rootfs + "/usr/x") == "x");
    CHECK(wait_for(child) == 0);
  }
  CHECK(listing(store.path() + "/tmp").empty());
}

TEST_CASE("a full disk is named so, and leaves nothing") {
  Directory directory;
  const std::string layout = large_layout(directory, "layout");
  const std::string limit = GENERATE("size=2m", "size=8m", "size=64m,nr_inodes=12");
  const std::string place = directory / "small";
  REQUIRE(::mkdir(place.c_str(), 0755) == 0);
  const int status = in_child([&] {
    mount_small(place, limit);
    Store store(place + "/store");
    try {
      store.import(layout, "image");
      return 1;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::no_space) return 2;
    }
    if (store.contains("image")) return 3;
    if (!listing(place + "/store/tmp").empty()) return 4;
    if (!listing(place + "/store/rootfs").empty()) return 5;
    return 0;
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    WARN("skipped: this host gives no user and mount namespace");
    return;
  }
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("imports of one name at once, and lookups meanwhile") {
  Directory directory;
  const std::string stores = directory / "store";
  std::vector<std::string> layouts;
  for (const char* name : {"a", "b", "c"}) {
    Layout layout(directory / name);
    layout.layer(tar({file("who", name), file("again", name)}));
    layout.finish();
    layouts.push_back(layout.path());
  }
  Store(stores).import(layouts[0], "image");

  std::vector<pid_t> children;
  for (std::size_t i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int status = 0;
      try {
        Store store(stores);
        for (std::size_t round = 0; round < 5; ++round) {
          if (i < 3) {
            store.import(layouts[i], "image");
          } else {
            for (int lookup = 0; lookup < 20; ++lookup) {
              const Image image = store.find("image");
              // A lease keeps all files of the image.
              if (read(image.rootfs + "/who") != read(image.rootfs + "/again") ||
                  read(image.rootfs + "/who").size() != 1)
                status = 1;
            }
          }
        }
      } catch (const std::exception& failure) {
        static_cast<void>(::write(2, failure.what(), strlen(failure.what())) < 0);
        status = 2;
      }
      ::_exit(status);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  Store store(stores);
  CHECK(read(store.find("image").rootfs + "/who").size() == 1);
  store.import(layouts[0], "image");
  CHECK(count_of(stores + "/rootfs", "/lock 0") == 1);
  CHECK(listing(stores + "/tmp").empty());
}
