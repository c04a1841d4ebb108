// CPU time is counted for everything that a run starts, however it starts it.
#include "catch.h"
#include "elapsed.h"
#include "fixture.h"

using namespace std::chrono_literals;
using cloche::Result;
using cloche::Status;

TEST_CASE("CPU time beyond the limit ends the run, whoever used it") {
  cloche::Spec spec = hostile_spec();
  spec.limits.cpu_time = 300ms;
  spec.limits.wall_time = 120s;
  for (const char* act :
       {"alone", "children", "threads", "unwaited", "orphans", "relay", "zombies", "unlimited"}) {
    INFO(act);
    const Elapsed elapsed;
    const Result result = attack({"cpu", act}, spec);
    CHECK(result.status == Status::time_limit);
    CHECK_THAT(result.reason, ContainsSubstring("CPU time"));
    CHECK(result.user_time + result.system_time >= 250ms);
    // A run may use somewhat more before it is noticed, but only once.
    CHECK(result.user_time + result.system_time < 300ms + 600ms * slowness());
    CHECK(elapsed.fair() < 4s * slowness());
  }
}

TEST_CASE("waiting for the end costs no CPU time, and none is counted") {
  cloche::Spec spec = hostile_spec();
  spec.limits.cpu_time = 300ms * slowness();
  spec.limits.wall_time = 600ms * slowness();
  const Result result = attack({"processes", "stopped"}, spec);
  CHECK(result.status == Status::time_limit);
  CHECK_THAT(result.reason, ContainsSubstring("wall time"));
  CHECK(result.user_time + result.system_time < 300ms * slowness());
}
