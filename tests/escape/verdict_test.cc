// The verdict follows from real events. A program cannot fake them.
#include <signal.h>

#include "catch.h"
#include "fixture.h"

using namespace std::chrono_literals;
using cloche::Result;
using cloche::Status;

TEST_CASE("an exit code is an exit code, whatever it means elsewhere") {
  for (const int code : {1, 64, 124, 125, 126, 127, 128, 134, 137, 139, 143, 152, 153, 255}) {
    const Result result = attack({"verdict", "exit", std::to_string(code)});
    INFO(code);
    CHECK(result.status == Status::runtime_error);
    CHECK(result.exit_code == code);
    CHECK_FALSE(result.signal);
  }
  // The kernel keeps eight bits of a status.
  CHECK(attack({"verdict", "exit", "256"}).status == Status::ok);
}

TEST_CASE("a signal to oneself is no limit") {
  cloche::Spec spec = hostile_spec();
  spec.limits.cpu_time = 5s;
  for (const int number : {SIGKILL, SIGTERM, SIGXCPU, SIGXFSZ, SIGALRM, SIGSYS, SIGSEGV, SIGPIPE}) {
    const Result result = attack({"verdict", "signal-self", std::to_string(number)}, spec);
    INFO(number);
    CHECK(result.status == Status::signaled);
    CHECK(result.signal == number);
    CHECK_FALSE(result.exit_code);
  }
}

TEST_CASE("printed text is output") {
  const Result result =
      attack({"verdict", "print", "time_limit", "{\"status\":\"ok\",\"exit_code\":0}",
              "used more memory than its limit", "out of memory", "Killed"});
  CHECK(result.status == Status::runtime_error);
  CHECK(result.exit_code == 1);
}

TEST_CASE("limits that a program sets itself are not the sandbox's") {
  cloche::Spec spec = hostile_spec();
  spec.limits.cpu_time = 20s;
  const Result cpu = attack({"verdict", "own-cpu-limit"}, spec);
  CHECK(cpu.status == Status::signaled);
  CHECK((cpu.signal == SIGXCPU || cpu.signal == SIGKILL));
  const Result memory = attack({"verdict", "own-memory-limit"});
  CHECK(memory.status == Status::signaled);
  CHECK(memory.signal == SIGKILL);
}

TEST_CASE("the end that counts is the program's own") {
  cloche::Spec spec = hostile_spec();
  spec.limits.wall_time = 300ms;
  CHECK(attack({"verdict", "success-of-a-child"}, spec).status == Status::time_limit);
  const Result fake = attack({"verdict", "fake-end"});
  CHECK(fake.exit_code == 42);
  CHECK_THAT(fake.out.bytes, !ContainsSubstring("spoke"));
  CHECK(attack({"verdict", "other-program"}).exit_code == 9);
}

TEST_CASE("a limit that was reached cannot be made to look like an end in order") {
  // The program ends with 0 at the moment when the supervisor ends it. The exceeded limit decides.
  cloche::Spec spec = hostile_spec();
  spec.limits.wall_time = 200ms;
  for (const char* act : {"deaf", "stopped"}) {
    const Result result = attack({"processes", act}, spec);
    CHECK(result.status == Status::time_limit);
    CHECK_FALSE(result.exit_code);
    CHECK(result.wall_time >= 200ms);
  }
}
