// Files in and out, after a hostile program has prepared the places that the host uses.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "cloche/error.h"
#include "elapsed.h"
#include "fixture.h"
#include "util/file.h"

using namespace std::chrono_literals;
using cloche::Result;
using cloche::Sandbox;

namespace {

cloche::Spec any_file_size() {
  cloche::Spec spec = hostile_spec();
  spec.limits.file_bytes = 0;
  return spec;
}

// Whether putting a file works, or throws an Error. Any other exception is a defect.
bool can_put(Sandbox& sandbox, const std::string& path) {
  try {
    sandbox.put(path, "from the host");
    return true;
  } catch (const cloche::Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("nothing that a program left is followed, opened or waited for") {
  const Canary canary(0666);
  Sandbox sandbox(any_file_size());
  const Result prepared = sandbox.exec(hostile({"files", "leave-traps", canary.path()}));
  CHECK(prepared.exit_code == 0);
  CHECK(prepared.out.bytes == "sparse ok\n");
  const Elapsed elapsed;
  for (const char* name : {"link",
                           "link-to-proc",
                           "root",
                           "root-again",
                           "loop-1",
                           "pipe",
                           "whiteout",
                           "socket",
                           "directory",
                           "hardlink-to-image",
                           "root/hostile",
                           "root-again/etc/file",
                           "root/proc/self/environ",
                           "plain/below",
                           "missing",
                           "/proc/self/environ",
                           "/dev/zero",
                           "/dev/random",
                           "/proc/1/environ",
                           "../..",
                           "link/../plain"}) {
    INFO(name);
    std::optional<std::string> got;
    try {
      got = sandbox.get(name);
    } catch (const cloche::Error&) {
      // A refusal is as good as a missing file.
    }
    CHECK_FALSE(got);
  }
  CHECK(sandbox.get("plain") == "plain");
  CHECK(sandbox.get("hardlink") == "plain");
  // get() reads no more than asked for, although the file claims to be a petabyte long.
  CHECK(sandbox.get("sparse", 1000) == std::string(1000, '\0'));
  CHECK(sandbox.get("sparse").value_or("").size() == 16u << 20);
  // Modes and owners neither hide existing files nor give access to more.
  CHECK(sandbox.get("closed/file") == "inside");
  CHECK(sandbox.get("unreadable") == "unreadable");
  CHECK(sandbox.get("set-id") == "set-id");
  CHECK(elapsed.fair() < 3s * slowness());
  CHECK(canary.untouched());
}

TEST_CASE("a file that is put goes to the sandbox or nowhere") {
  const Canary canary(0666);
  Sandbox sandbox(any_file_size());
  sandbox.exec(hostile({"files", "leave-traps", canary.path()}));
  for (const char* name : {"out-link/file", "root/tmp/file", "root-again/etc/file", "plain/file",
                           "loop-1/file", "out-directory", "/etc/file", "/hostile", "/proc/file",
                           "/dev/null", "/dev/file", "/bound/file", "/file"}) {
    INFO(name);
    CHECK_FALSE(can_put(sandbox, name));
  }
  // A link or a pipe in the place is replaced, not followed.
  for (const char* name : {"out-file", "out-pipe", "link", "pipe", "socket", "whiteout"}) {
    INFO(name);
    CHECK(can_put(sandbox, name));
    CHECK(sandbox.get(name) == "from the host");
  }
  CHECK(can_put(sandbox, "closed/new"));
  CHECK(can_put(sandbox, "/tmp/../workspace/dots"));
  // Requested modes lose their set-id bits.
  sandbox.put("mode", "x", 06755);
  CHECK(canary.untouched());
  CHECK(cloche::read_file(hostile_rootfs() + "/etc/file") == "of the image");
  CHECK_FALSE(std::filesystem::exists(hostile_rootfs() + "/file"));
  CHECK_FALSE(std::filesystem::exists(hostile_rootfs() + "/bound/file"));
  CHECK(sandbox.exec(hostile({"verdict", "exit", "0"})).exit_code == 0);
}

TEST_CASE("a place that is swapped all the time is still when the host comes") {
  const Canary canary(0666);
  std::filesystem::create_directory(canary.directory() + "/inner");
  Sandbox sandbox(hostile_spec());
  for (int round = 0; round < 10; ++round) {
    sandbox.exec(hostile({"files", "swap", canary.directory() + "/inner"}));
    can_put(sandbox, "swapped/file");
    can_put(sandbox, "other/file");
    // Both names lead to files of the sandbox: one of them is a directory of the sandbox.
    sandbox.get("swapped/file");
    CHECK_FALSE(std::filesystem::exists(canary.directory() + "/inner/file"));
  }
}

TEST_CASE("deep and closed trees keep nobody from clearing up") {
  const Elapsed elapsed;
  {
    Sandbox sandbox(hostile_spec());
    const Result result = sandbox.exec(hostile({"files", "dig", "3000"}));
    CHECK_THAT(result.out.bytes, ContainsSubstring("deep 3000\n"));
    CHECK(sandbox.get("a/a/a/file") == std::nullopt);
    std::string path = "a";
    for (int i = 0; i < 1500; ++i) path += "/a";
    CHECK(can_put(sandbox, path + "/file"));
    CHECK(sandbox.get(path + "/file") == "from the host");
    std::string too_long = path;
    while (too_long.size() < 5000) too_long += "/a";
    CHECK_FALSE(can_put(sandbox, too_long + "/file"));
    CHECK(sandbox.exec(hostile({"verdict", "exit", "3"})).exit_code == 3);
  }
  CHECK(elapsed.fair() < 5s * slowness());
}

TEST_CASE("a full disk is an error, and the sandbox goes on") {
  cloche::Spec spec = any_file_size();
  spec.tmpfs = {{"/tmp"}, {"/workspace", 1 << 20, 50}};
  Sandbox sandbox(spec);
  sandbox.exec(hostile({"files", "fill"}));
  CHECK_THROWS_AS(sandbox.put("more", std::string(100000, 'x')), cloche::Error);
  CHECK(sandbox.get("more") == std::nullopt);
  CHECK(sandbox.get("full").value_or("").size() > 0);
  CHECK(sandbox.exec(hostile({"verdict", "exit", "3"})).exit_code == 3);
}
