// The filter refuses a call through every interface of the kernel.
#include "catch.h"
#include "fixture.h"

using cloche::Result;

TEST_CASE("calls that no sandboxed program needs do not reach the kernel") {
  const Result result = attack({"syscalls", "refused"});
  const auto found = answers(result.out.bytes);
  CHECK(found.size() >= 70);
  for (const auto& [call, answer] : found) {
    INFO(call);
    // Any other error would be the kernel's own answer to nonsensical arguments.
    CHECK((answer == "EPERM" || answer == "ENOSYS"));
  }
  CHECK(found.at("clone3") == "ENOSYS");
  CHECK(found.at("nothing") == "ENOSYS");
}

TEST_CASE("only the families of sockets that libraries need can be opened") {
  const auto found = answers(attack({"syscalls", "families"}).out.bytes);
  CHECK(found.contains("family-1"));
  // AF_UNIX, AF_INET, AF_INET6, and the routes of AF_NETLINK. Some kernels lack some of them.
  for (const auto& [family, opened] : found)
    CHECK_THAT("family-1 family-2 family-10 family-16 netlink-0 ", ContainsSubstring(family + " "));
}

TEST_CASE("a filter of the program's own loosens nothing") {
  const Result result = attack({"syscalls", "own-filter"});
  CHECK(got_through(result.out.bytes) == "");
  CHECK(answers(result.out.bytes).size() == 4);
}

TEST_CASE("the 32-bit and x32 entries are closed") {
  const auto doors = answers(attack({"syscalls32", "doors"}).out.bytes);
#if defined(__x86_64__)
  CHECK(doors.size() == 19);
#endif
  // Some kernels treat `int $0x80` as an ordinary call, so there is no such entry.
  const bool has32 = got_through(act_outside({"syscalls32", "doors", "getpid-32"})) == "getpid-32";
  for (const auto& [door, listed] : doors) {
    if (!has32 && door.ends_with("-32")) continue;
    INFO(door);
    const Result result = attack({"syscalls32", "doors", door});
    // The call ends the run, or its process; a kernel without such an entry ends the process, too.
    const auto found = answers(result.out.bytes);
    const bool child_ended =
        found.contains(door) &&
        (found.at(door) == "SIGSYS" || found.at(door) == "SIGSEGV" || found.at(door) == "ENOSYS");
    CHECK((child_ended || result.status == cloche::Status::syscall_denied));
  }
  const Result compatible = attack({"syscalls32", "compatibility"});
  CHECK(got_through(compatible.out.bytes) == "");
}
