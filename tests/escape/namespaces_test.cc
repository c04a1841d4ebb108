// Every sandbox has namespaces of its own, makes no others, and mounts nothing.
#include <limits.h>
#include <unistd.h>

#include "catch.h"
#include "fixture.h"
#include "util/file.h"

using cloche::Result;

namespace {

std::string namespace_of(const std::string& process, const std::string& kind) {
  char target[PATH_MAX];
  const std::string path = "/proc/" + process + "/ns/" + kind;
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length < 0 ? "" : std::string(target, static_cast<std::size_t>(length));
}

std::string only_process_with(const std::string& marker) {
  const std::vector<pid_t> found = processes_with(marker);
  REQUIRE(found.size() == 1);
  return std::to_string(found[0]);
}

}  // namespace

TEST_CASE("a program lives in namespaces of its own, different for every sandbox") {
  const std::string first = "first-" + random_text(), second = "second-" + random_text();
  Held one({"namespaces", "hold", first}), other({"namespaces", "hold", second});
  const std::string a = only_process_with(first), b = only_process_with(second);
  for (const char* kind : {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"}) {
    INFO(kind);
    const std::string host = namespace_of("self", kind);
    if (host.empty()) continue;  // the kernel has none of this kind
    const std::string mine = namespace_of(a, kind), its = namespace_of(b, kind);
    if (mine.empty()) {
      // An ordinary user of the host may not look at a process that is not dumpable.
      WARN("not to be seen from outside");
      continue;
    }
    CHECK(mine != host);
    CHECK(its != host);
    CHECK(mine != its);
  }
}

TEST_CASE("no new namespace can be made, by no call") {
  const Result result = attack({"namespaces", "make"});
  const auto found = answers(result.out.bytes);
  CHECK(found.size() == 39);
  CHECK(got_through(result.out.bytes) == "");
  // Libraries fall back on clone(2) only if clone3(2) fails with ENOSYS.
  CHECK(found.at("clone3") == "ENOSYS");
}

TEST_CASE("no namespace can be entered") {
  const Result result = attack({"namespaces", "enter", std::to_string(::getpid())});
  CHECK(answers(result.out.bytes).size() >= 30);
  CHECK(got_through(result.out.bytes) == "");
}

TEST_CASE("nothing can be mounted, unmounted or made the root") {
  const std::string host = cloche::read_file("/proc/self/mountinfo");
  cloche::Sandbox sandbox(hostile_spec());
  const std::string before = sandbox.exec(hostile({"mounts", "table"})).out.bytes;
  REQUIRE_FALSE(before.empty());
  for (const auto& [act, count] :
       std::map<std::string, std::size_t>{{"old", 42}, {"new", 17}, {"roots", 7}}) {
    INFO(act);
    const Result result = sandbox.exec(hostile({"mounts", act}));
    CHECK(answers(result.out.bytes).size() == count);
    CHECK(got_through(result.out.bytes) == "");
  }
  CHECK(sandbox.exec(hostile({"mounts", "table"})).out.bytes == before);
  CHECK(cloche::read_file("/proc/self/mountinfo") == host);
}
