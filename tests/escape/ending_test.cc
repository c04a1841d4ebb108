// A run ends in time, and none of its processes lives on.
#include <signal.h>
#include <unistd.h>

#include "catch.h"
#include "elapsed.h"
#include "fixture.h"
#include "processes.h"

using namespace std::chrono_literals;
using cloche::Result;
using cloche::Status;

namespace {

// Runs an act under a wall limit. It must end within `bound`, and all its processes with it.
Result must_end(std::vector<std::string> words, std::chrono::milliseconds limit,
                std::chrono::milliseconds bound) {
  const std::string marker = "ending-" + random_text();
  words.push_back(marker);
  cloche::Spec spec = hostile_spec();
  spec.limits.wall_time = limit;
  spec.limits.tasks = 64;
  const Elapsed elapsed;
  Result result;
  {
    cloche::Sandbox sandbox(spec);
    result = sandbox.exec(hostile(words));
    // The processes end with the execution, not only with the sandbox.
    INFO(words[0] + " " + words[1]);
    CHECK(processes_with(marker).empty());
  }
  INFO(words[0] + " " + words[1]);
  CHECK(elapsed.fair() < bound * slowness());
  return result;
}

Result must_end_at_limit(const std::vector<std::string>& words) {
  return must_end(words, 300ms, 1300ms);
}

// Runs an act that must end by itself long before its limit.
Result must_end_early(const std::vector<std::string>& words) {
  return must_end(words, 60s, 4s);
}

}  // namespace

TEST_CASE("a run ends at its limit whatever it ignores, stops, closes or leaves open") {
  for (const char* act :
       {"deaf", "close-everything", "stop-everything", "vforked", "bomb", "kill-everything"}) {
    INFO(act);
    CHECK(must_end_at_limit({"processes", act}).status == Status::time_limit);
  }
  CHECK(must_end_at_limit({"supervisor", "storm"}).status == Status::time_limit);
}

TEST_CASE("a program that stops itself is ended at the limit") {
  const Result result = must_end_at_limit({"processes", "stopped"});
  CHECK(result.status == Status::time_limit);
  CHECK(result.signal == SIGKILL);
}

TEST_CASE("a program that ends takes everything with it that it left behind") {
  for (const char* act : {"daemons", "hop", "subreaper", "keep-pipes"}) {
    INFO(act);
    const Result result = must_end_early({"processes", act});
    CHECK(result.status == Status::ok);
    CHECK(result.exit_code == 0);
  }
}

TEST_CASE("a process that writes on after the end does not keep the run") {
  const Result result = must_end_early({"output", "endless"});
  CHECK(result.status == Status::ok);
}

TEST_CASE("the end of a run is seen although its streams are held elsewhere") {
  // The next execution in the same sandbox works as the first one did.
  cloche::Sandbox sandbox(hostile_spec());
  CHECK(sandbox.exec(hostile({"processes", "keep-pipes"})).out.bytes == "send ok\n");
  CHECK(sandbox.exec(hostile({"processes", "daemons"})).status == Status::ok);
  CHECK(sandbox.exec(hostile({"verdict", "exit", "7"})).exit_code == 7);
}

TEST_CASE("tasks are limited: processes, zombies and threads alike") {
  cloche::Spec spec = hostile_spec();
  spec.limits.tasks = 20;
  for (const char* act : {"fork-until-refused", "zombies-until-refused", "threads-until-refused"}) {
    const std::string marker = "tasks-" + random_text();
    Held held({"processes", act, marker}, spec);
    INFO(act);
    // Zombies have no command line, and threads have no entry in /proc, so this counts in two ways.
    const std::vector<pid_t> living = processes_with(marker);
    CHECK(living.size() <= 20);
    for (const pid_t pid : living) CHECK(std::stoi(status_of(pid).at("Threads")) <= 20);
    CHECK(held.output() == "tasks 20\nready\n");
    held.release();
    CHECK(processes_with(marker).empty());
  }
}

TEST_CASE("the task limit of one sandbox is not used up by another") {
  cloche::Spec spec = hostile_spec();
  spec.limits.tasks = 20;
  Held full({"processes", "fork-until-refused"}, spec);
  Held other({"processes", "fork-until-refused"}, spec);
  CHECK(other.output() == "tasks 20\nready\n");
}
