// A writable root file system, and the owners of its files.
#include <sys/stat.h>

#include <filesystem>

#include "catch.h"
#include "cloche/error.h"
#include "cloche/host.h"
#include "fixture.h"
#include "util/file.h"

using cloche::Result;
using cloche::Sandbox;
using cloche::Spec;
using cloche::Status;
namespace fs = std::filesystem;

namespace {

// A root file system of its own. Its directory /image has a file.
class Rootfs {
 public:
  Rootfs() {
    std::string path = "/tmp/cloche-writable-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
    fs::permissions(path, fs::perms(0755));
    fs::copy(probe_rootfs(), path, fs::copy_options::recursive);
    fs::create_directory(path + "/image");
    cloche::replace_file(path + "/image/file", "of the image");
  }
  ~Rootfs() { fs::remove_all(path_); }
  Rootfs(const Rootfs&) = delete;
  Rootfs& operator=(const Rootfs&) = delete;

  Spec spec() const {
    Spec spec = probe_spec();
    spec.rootfs = path_;
    spec.writable.emplace();
    return spec;
  }
  bool untouched() const {
    return cloche::read_file(path_ + "/image/file") == "of the image" &&
           std::distance(fs::directory_iterator(path_ + "/image"), {}) == 1;
  }

 private:
  std::string path_;
};

// Whether this host supports it. If not, cloche must say so.
bool possible(const Spec& spec) {
  try {
    Sandbox sandbox(spec);
    return true;
  } catch (const cloche::Error& error) {
    CHECK(error.kind() == cloche::ErrorKind::unsupported);
    CHECK_FALSE(error.hint().empty());
    WARN("no writable root file systems here: " << error.what());
    return false;
  }
}

}  // namespace

TEST_CASE("files written to the root file system belong to programs and end with the sandbox") {
  const Rootfs rootfs;
  const Spec spec = rootfs.spec();
  if (!possible(spec)) return;
  {
    Sandbox sandbox(spec);
    CHECK(sandbox.exec(probe({"write-file", "/image/file", "1"})).exit_code == 0);
    CHECK(sandbox.exec(probe({"write-file", "/image/new", "0"})).exit_code == 0);
    CHECK(sandbox.exec(probe({"write-file", "/at-the-top", "0"})).exit_code == 0);
    // The next program finds the file, and so does the host.
    CHECK(sandbox.get("/image/file")->size() == 1 << 20);
    CHECK(sandbox.exec(probe({"stat", "/image/new"})).out.bytes == "/image/new ok\n");
    sandbox.put("/image/put", "from the host");
    CHECK(sandbox.get("/image/put") == "from the host");
    CHECK(rootfs.untouched());
  }
  CHECK(rootfs.untouched());
  Sandbox next(spec);
  CHECK(next.get("/image/file") == "of the image");
  CHECK(next.get("/image/new") == std::nullopt);
}

TEST_CASE("directories of the image can be changed like any") {
  const Rootfs rootfs;
  const Spec spec = rootfs.spec();
  if (!possible(spec)) return;
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"rename", "/image/file", "/image/other"})).out.bytes ==
        "/image/file ok\n");
  CHECK(sandbox.get("/image/other") == "of the image");
  CHECK(sandbox.exec(probe({"rename", "/image/other", "/image/file"})).out.bytes ==
        "/image/other ok\n");
  // Needs user.* extended attributes on a tmpfs.
  if (kernel_version() >= std::pair(6, 6))
    CHECK(sandbox.exec(probe({"replace-directory", "/image"})).out.bytes ==
          "remove its file ok\nremove it ok\nmake it ok\nits file ENOENT\n");
  CHECK(rootfs.untouched());
}

TEST_CASE("the files of a writable root file system are the program's") {
  const Rootfs rootfs;
  Spec spec = rootfs.spec();
  spec.user = {33, 34};
  if (!possible(spec)) return;
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"owner", "/image/file"})).out.bytes == "33:34\n");
  CHECK(sandbox.exec(probe({"write-file", "/image/new", "0"})).exit_code == 0);
  CHECK(sandbox.exec(probe({"owner", "/image/new"})).out.bytes == "33:34\n");
}

TEST_CASE("writes to the root file system are bounded and count as memory") {
  const Rootfs rootfs;
  Spec spec = rootfs.spec();
  spec.writable->bytes = 8 << 20;
  spec.writable->inodes = 20;
  if (!possible(spec)) return;
  {
    Sandbox sandbox(spec);
    const Result full = sandbox.exec(probe({"write-file", "/image/large", "20"}));
    CHECK(full.out.bytes == "ENOSPC\n");
    CHECK(full.notes == std::vector<std::string>{"disk_limit"});
  }
  {
    Sandbox sandbox(spec);
    int made = 0;
    while (made < 100 &&
           sandbox.exec(probe({"write-file", "/n" + std::to_string(made), "0"})).exit_code == 0)
      ++made;
    CHECK(made > 5);
    CHECK(made <= 20);
  }
  spec.writable->bytes = 1ull << 30;
  spec.limits.memory_bytes = 32 << 20;
  spec.limits.file_bytes = 0;
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"write-file", "/image/large", "200"})).status == Status::memory_limit);
}

TEST_CASE("files without content count as memory too") {
  const Rootfs rootfs;
  Spec spec = rootfs.spec();
  spec.writable->inodes = 60'000;
  spec.limits.memory_bytes = 32 << 20;
  if (!possible(spec)) return;
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"make-files", "/image", "50000"})).status == Status::memory_limit);
}

TEST_CASE("a root file system is read-only unless it was asked for") {
  const Rootfs rootfs;
  Spec spec = rootfs.spec();
  spec.writable.reset();
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"write-file", "/image/file", "1"})).exit_code == 4);
  CHECK(sandbox.exec(probe({"write-file", "/new", "0"})).exit_code == 4);
  CHECK(rootfs.untouched());
}

TEST_CASE("a program runs as the user that is named") {
  Spec spec = probe_spec();
  spec.user = {33, 34};
  Sandbox sandbox(spec);
  const std::string out = sandbox.exec(probe({"status"})).out.bytes;
  CHECK_THAT(out, ContainsSubstring("uid 33 gid 34 "));
  CHECK_THAT(out, ContainsSubstring("CapEff:\t0000000000000000\n"));
  // The program owns the files that it makes and the files that it gets.
  sandbox.put("given", "x");
  CHECK(sandbox.exec(probe({"owner", "/workspace/given"})).out.bytes == "33:34\n");
  CHECK(sandbox.exec(probe({"write-file", "/workspace/made", "0"})).exit_code == 0);
}

TEST_CASE("no program is root") {
  for (const cloche::User user : {cloche::User{0, 1000}, {1000, 0}, {~0u, 1000}}) {
    Spec spec = probe_spec();
    spec.user = user;
    CHECK_THROWS_WITH(Sandbox(spec), ContainsSubstring("numbers other than 0"));
  }
}
