// What the filter refuses is refused by every door.
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
  const Result result = attack({"syscalls", "families"});
  CHECK(got_through(result.out.bytes) == "family-1 family-10 family-16 family-2 netlink-0");
}

TEST_CASE("a filter of the program's own loosens nothing") {
  const Result result = attack({"syscalls", "own-filter"});
  CHECK(got_through(result.out.bytes) == "");
  CHECK(answers(result.out.bytes).size() == 4);
}

TEST_CASE("the 32-bit and x32 entries are closed") {
  const Result result = attack({"syscalls32", "doors"});
  const auto found = answers(result.out.bytes);
#if defined(__x86_64__)
  CHECK(found.size() == 19);
#endif
  CHECK(got_through(result.out.bytes) == "");
  for (const auto& [door, answer] : found) {
    INFO(door);
    // The kernel without such an entry ends the process itself.
    CHECK((answer == "SIGSYS" || answer == "SIGSEGV" || answer == "ENOSYS"));
  }
  const Result compatible = attack({"syscalls32", "compatibility"});
  CHECK(got_through(compatible.out.bytes) == "");
}
