// Resources that are used up: descriptors, processes, memory, disk.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "../processes.h"
#include "../sandbox/fixture.h"
#include "catch.h"
#include "cloche/error.h"
#include "start.h"

namespace {

std::vector<std::string> say(const std::string& text) {
  return {"exec", "--rootfs", probe_rootfs(), "--", "/probe", "arguments", text};
}

std::function<void()> limit(__rlimit_resource resource, rlim_t value) {
  return [=] {
    const rlimit bounds{value, value};
    ::setrlimit(resource, &bounds);
  };
}

// The run was made, or cloche said in one line why not.
void check(const Prepared& run, const std::string& text, const std::string& reason) {
  CAPTURE(run.status, run.out, run.err);
  CHECK_FALSE(run.hung);
  if (run.status == 0) {
    CHECK(run.out == text + "\n");
    return;
  }
  CHECK((run.status == 125 || run.status == 126));
  CHECK(run.err.starts_with("cloche: "));
  CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
  CHECK_THAT(run.err, ContainsSubstring(reason));
  CHECK_FALSE(any_process_with(text));
}

}  // namespace

TEST_CASE("with few descriptors a run is made or refused, never half made") {
  int made = 0;
  for (rlim_t count = 3; count <= 32; ++count) {
    const std::string text = "marker-nofile-" + std::to_string(::getpid());
    const Prepared run = run_prepared(say(text), limit(RLIMIT_NOFILE, count));
    // The start of init first copies descriptors to high numbers. fcntl(2) reports the limit with
    // other words there.
    const bool in_start = run.err.find("cannot execute ") != std::string::npos;
    check(run, text, in_start ? "cloche-init: " : "Too many open files");
    if (run.status == 0) ++made;
    if (count < 5) CHECK(run.status == 125);
    if (count == 32) CHECK(run.status == 0);
  }
  CHECK(made > 0);
}

TEST_CASE("with no process left a run is refused") {
  const std::string text = "marker-nproc-" + std::to_string(::getpid());
  const Prepared run = run_prepared(say(text), limit(RLIMIT_NPROC, 1));
  check(run, text, "Resource temporarily unavailable");
  if (::geteuid() != 0) {
    CHECK(run.status == 125);  // the limit does not bind root
    CHECK_THAT(run.err, ContainsSubstring("ulimit -u"));
  }
}

TEST_CASE("without memory a run is refused") {
  const std::string text = "marker-memory-" + std::to_string(::getpid());
  // A profile that takes more room than there is.
  std::string file = "/tmp/cloche-profile-XXXXXX";
  const int fd = ::mkstemp(file.data());
  REQUIRE(fd >= 0);
  REQUIRE(::ftruncate(fd, 200 << 20) == 0);
  ::close(fd);
  std::vector<std::string> arguments = say(text);
  arguments.insert(arguments.begin() + 1, {"--seccomp", file});
  const Prepared run = run_prepared(arguments, limit(RLIMIT_AS, 64 << 20));
  ::unlink(file.c_str());
  check(run, text, "Cannot allocate memory");
  CHECK(run.status == 125);
  for (const rlim_t megabytes : {12, 16, 24, 64})
    check(run_prepared(say(text), limit(RLIMIT_AS, megabytes << 20)), text, "memory");
}

TEST_CASE("a full disk of the sandbox is no_space, and the sandbox goes on") {
  cloche::Spec spec = probe_spec();
  spec.tmpfs = {{"/tmp"}, {"/workspace", 64 << 10, 16}};
  cloche::Sandbox sandbox(spec);
  const auto put = [&](const std::string& path, std::size_t size) {
    try {
      sandbox.put(path, std::string(size, 'x'));
    } catch (const cloche::Error& error) {
      CHECK_THAT(error.what(), ContainsSubstring(path));
      return error.kind();
    }
    return cloche::ErrorKind::usage;
  };
  CHECK(put("large", 1 << 20) == cloche::ErrorKind::no_space);
  CHECK_FALSE(sandbox.get("large").has_value());  // an incomplete file is removed
  CHECK(put("small", 1 << 10) == cloche::ErrorKind::usage);
  CHECK(sandbox.get("small")->size() == 1 << 10);
  cloche::ErrorKind kind = cloche::ErrorKind::usage;
  for (int i = 0; i < 32 && kind == cloche::ErrorKind::usage; ++i)
    kind = put("inode" + std::to_string(i), 1);
  CHECK(kind == cloche::ErrorKind::no_space);
  CHECK(sandbox.exec(probe({"write", "/workspace/other"})).out.bytes ==
        "/workspace/other ENOSPC\n");
  CHECK(sandbox.exec(probe({"exit", "7"})).exit_code == 7);
}

TEST_CASE("standard output that is full is told") {
  const std::string text = "marker-full-" + std::to_string(::getpid());
  const Prepared run =
      run_prepared(say(text), [] { ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), 1); });
  check(run, text, "write standard output: No space left on device");
  CHECK(run.status == 125);
}

TEST_CASE("a file size limit of the launcher is told") {
  const std::string text = "marker-fsize-" + std::to_string(::getpid());
  const Prepared run = run_prepared(say(text), [] {
    ::signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, 128)();  // enough for the message
  });
  check(run, text, "File too large");
}

TEST_CASE("a cache that cannot be written is no hindrance") {
  const std::string text = "marker-cache-" + std::to_string(::getpid());
  for (const char* place : {"/dev/full", "/proc", "/nonexistent"}) {
    const Prepared run = run_prepared(
        say(text), {}, {"XDG_CACHE_HOME=" + std::string(place), "HOME=" + std::string(place)});
    check(run, text, "");
    CHECK(run.status == 0);
  }
}
