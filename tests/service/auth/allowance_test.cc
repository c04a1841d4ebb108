#include "service/auth/allowance.h"

#include <thread>
#include <vector>

#include "catch.h"

using cloche::service::Allowances;
using cloche::service::CallerLimits;
using namespace std::chrono_literals;

namespace {

constexpr Allowances::Clock::time_point kStart{1000s};

CallerLimits rate(double rate, std::uint32_t burst) {
  return {rate, burst, 0};
}
CallerLimits concurrent(std::uint32_t most) {
  return {0, 20, most};
}

}  // namespace

TEST_CASE("without limits everything may begin") {
  Allowances allowances;
  std::vector<Allowances::Decision> all;
  for (int i = 0; i < 1000; ++i) all.push_back(allowances.begin("a", {}, kStart));
  for (const auto& decision : all) CHECK(decision.hold);
  CHECK(allowances.size() == 1);
}

TEST_CASE("runs may come at once up to the burst, then at the rate") {
  Allowances allowances;
  const auto limits = rate(2, 3);
  for (int i = 0; i < 3; ++i) CHECK(allowances.begin("a", limits, kStart).hold);
  const auto refused = allowances.begin("a", limits, kStart);
  CHECK_FALSE(refused.hold);
  CHECK(refused.too_fast);
  CHECK(refused.retry_after == 1s);
  CHECK(refused.reason == "at most 2 runs a second, and 3 at once");
  // Another caller has a bucket of its own.
  CHECK(allowances.begin("b", limits, kStart).hold);
  CHECK_FALSE(allowances.begin("a", limits, kStart + 499ms).hold);
  CHECK(allowances.begin("a", limits, kStart + 500ms).hold);
  CHECK_FALSE(allowances.begin("a", limits, kStart + 500ms).hold);
  // It is never fuller than the burst.
  for (int i = 0; i < 3; ++i) CHECK(allowances.begin("a", limits, kStart + 1h).hold);
  CHECK_FALSE(allowances.begin("a", limits, kStart + 1h).hold);
}

TEST_CASE("trying again when it was said is enough, and asking costs nothing") {
  for (const double each : {0.001, 1 / 49.0, 0.1, 0.3, 0.7, 1.0, 3.0, 1000.0}) {
    CAPTURE(each);
    Allowances allowances;
    auto now = kStart;
    for (int i = 0; i < 50; ++i) {
      REQUIRE(allowances.begin("a", rate(each, 1), now).hold);
      const auto refused = allowances.begin("a", rate(each, 1), now);
      REQUIRE_FALSE(refused.hold);
      REQUIRE(refused.retry_after >= 1s);
      allowances.begin("a", rate(each, 1), now);
      now += refused.retry_after;
    }
  }
  Allowances allowances;
  CHECK(allowances.begin("a", rate(1e-300, 1), kStart).hold);
  CHECK(allowances.begin("a", rate(1e-300, 1), kStart).retry_after == 24h);
}

TEST_CASE("a clock that steps back gives nothing") {
  Allowances allowances;
  CHECK(allowances.begin("a", rate(1, 1), kStart).hold);
  CHECK_FALSE(allowances.begin("a", rate(1, 1), kStart - 10s).hold);
  CHECK_FALSE(allowances.begin("a", rate(1, 1), kStart).hold);
  CHECK(allowances.begin("a", rate(1, 1), kStart + 1s).hold);
}

TEST_CASE("only so many live at one time") {
  Allowances allowances;
  auto first = allowances.begin("a", concurrent(2), kStart);
  auto second = allowances.begin("a", concurrent(2), kStart);
  CHECK(first.hold);
  CHECK(second.hold);
  const auto refused = allowances.begin("a", concurrent(2), kStart);
  CHECK_FALSE(refused.hold);
  CHECK_FALSE(refused.too_fast);
  CHECK(refused.retry_after == 1s);
  CHECK(refused.reason == "at most 2 runs at one time");
  CHECK(allowances.begin("b", concurrent(2), kStart).hold);
  auto copy = first.hold;
  first.hold.reset();
  CHECK_FALSE(allowances.begin("a", concurrent(2), kStart).hold);
  copy.reset();
  CHECK(allowances.begin("a", concurrent(2), kStart).hold);
}

TEST_CASE("a refusal for too many live runs leaves the bucket unchanged") {
  Allowances allowances;
  const CallerLimits limits{0.001, 2, 1};
  {
    const auto held = allowances.begin("a", limits, kStart);
    CHECK_FALSE(allowances.begin("a", limits, kStart).too_fast);
    CHECK_FALSE(allowances.begin("a", limits, kStart).hold);
  }
  CHECK(allowances.begin("a", limits, kStart).hold);
  CHECK(allowances.begin("a", limits, kStart).too_fast);
}

TEST_CASE("other limits hold from the next request on") {
  Allowances allowances;
  for (int i = 0; i < 10; ++i) CHECK(allowances.begin("a", rate(1, 10), kStart).hold);
  CHECK_FALSE(allowances.begin("a", rate(1, 1000), kStart).hold);
  CHECK(allowances.begin("a", rate(0, 1), kStart).hold);
  CHECK(allowances.begin("b", rate(1, 10), kStart).hold);
  CHECK(allowances.begin("b", rate(1, 1), kStart).hold);
  CHECK_FALSE(allowances.begin("b", rate(1, 1), kStart).hold);
}

TEST_CASE("callers are forgotten when they are like new ones") {
  Allowances allowances;
  const auto held = allowances.begin("holds", rate(1, 1), kStart);
  for (int i = 0; i < 100; ++i) allowances.begin(std::to_string(i), rate(1, 1), kStart);
  CHECK(allowances.size() == 101);
  for (int i = 0; i < 200; ++i) allowances.begin("now", rate(1, 1), kStart + 1h);
  CHECK(allowances.size() == 2);
  CHECK(held.hold);
}

TEST_CASE("callers are bounded, whatever their buckets, but for those who hold runs") {
  Allowances allowances;
  std::vector<Allowances::Decision> held;
  for (int i = 0; i < 10; ++i)
    held.push_back(allowances.begin("h" + std::to_string(i), {}, kStart));
  const CallerLimits slow = {1e-6, 1, 1};
  for (std::size_t i = 0; i < 2 * Allowances::kMostCallers; ++i) {
    CHECK(allowances.begin("c" + std::to_string(i), slow, kStart).hold);
    REQUIRE(allowances.size() <= Allowances::kMostCallers + held.size());
  }
  // The callers seen last are still known, and those that hold a place.
  CHECK_FALSE(
      allowances.begin("c" + std::to_string(2 * Allowances::kMostCallers - 1), slow, kStart).hold);
  CHECK_FALSE(allowances.begin("h3", concurrent(1), kStart).hold);
}

TEST_CASE("a hold may outlive the allowances") {
  auto allowances = std::make_unique<Allowances>();
  auto decision = allowances->begin("a", concurrent(1), kStart);
  allowances.reset();
  CHECK(decision.hold);
  decision.hold.reset();
}

TEST_CASE("several threads may begin and end runs") {
  Allowances allowances;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&allowances, i] {
      for (int round = 0; round < 2000; ++round)
        allowances.begin(i % 2 == 0 ? "even" : "odd", concurrent(3), kStart);
    });
  for (auto& thread : threads) thread.join();
  const auto held = {allowances.begin("odd", concurrent(3), kStart),
                     allowances.begin("odd", concurrent(3), kStart),
                     allowances.begin("odd", concurrent(3), kStart)};
  for (const auto& decision : held) CHECK(decision.hold);
  CHECK_FALSE(allowances.begin("odd", concurrent(3), kStart).hold);
}
