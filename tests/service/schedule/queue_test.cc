#include "service/schedule/queue.h"

#include <map>
#include <random>

#include "catch.h"
#include "cloche/error.h"

using cloche::service::Queue;
using namespace std::chrono_literals;

namespace {

constexpr Queue::Clock::time_point kStart{};
constexpr auto kLater = kStart + 1h;

Queue::Entry entry(Queue::Id id, const std::string& caller, std::uint64_t memory = 1) {
  return {id, caller, kLater, memory};
}

// The ids of all entries in the order in which they start in so much memory, if each run ends at
// once.
std::vector<Queue::Id> all(Queue& queue, std::uint64_t memory = 1) {
  std::vector<Queue::Id> ids;
  while (const auto next = queue.pop(memory)) ids.push_back(next->id);
  return ids;
}

using Ids = std::vector<Queue::Id>;

}  // namespace

TEST_CASE("a queue is first in, first out for one caller") {
  Queue queue(3);
  CHECK_FALSE(queue.pop(100));
  REQUIRE(queue.push(entry(7, "a")));
  REQUIRE(queue.push(entry(5, "a")));
  REQUIRE(queue.push(entry(6, "a")));
  CHECK(queue.size() == 3);
  const auto first = queue.pop(1);
  REQUIRE(first);
  CHECK(first->id == 7u);
  CHECK(first->caller == "a");
  CHECK(first->deadline == kLater);
  CHECK(first->memory_bytes == 1u);
  CHECK(all(queue) == Ids{5, 6});
  CHECK(queue.size() == 0);
}

TEST_CASE("a full queue takes nothing more") {
  Queue queue(2);
  CHECK(queue.capacity() == 2);
  CHECK(queue.push(entry(1, "a")));
  CHECK(queue.push(entry(2, "b")));
  CHECK_FALSE(queue.push(entry(3, "c")));
  CHECK(queue.size() == 2);
  CHECK(queue.remove(1));
  CHECK(queue.push(entry(3, "c")));
  CHECK(all(queue) == Ids{2, 3});
  CHECK_FALSE(Queue(0).push(entry(1, "a")));
}

TEST_CASE("an id waits once") {
  Queue queue(4);
  REQUIRE(queue.push(entry(1, "a")));
  CHECK_THROWS_AS(queue.push(entry(1, "b")), cloche::Error);
  CHECK(all(queue) == Ids{1});
  CHECK(queue.push(entry(1, "b")));
}

TEST_CASE("callers take turns") {
  Queue queue(10);
  for (const Queue::Id id : {1, 2, 3}) REQUIRE(queue.push(entry(id, "a")));
  for (const Queue::Id id : {11, 12}) REQUIRE(queue.push(entry(id, "b")));
  REQUIRE(queue.push(entry(21, "c")));
  CHECK(all(queue) == Ids{1, 11, 21, 2, 12, 3});
}

TEST_CASE("a thousand waiting runs delay another's only run by one") {
  Queue queue(2000);
  for (Queue::Id id = 0; id < 1000; ++id) REQUIRE(queue.push(entry(id, "many")));
  for (Queue::Id round = 0; round < 100; ++round) {
    REQUIRE(queue.push(entry(5000 + round, "one")));
    CHECK(queue.position(5000 + round) == 1u);
    CHECK(queue.pop(1)->id == round);
    CHECK(queue.pop(1)->id == 5000 + round);
  }
}

TEST_CASE("callers that come and go do not starve one that stays") {
  Queue queue(10);
  REQUIRE(queue.push(entry(1, "b")));
  REQUIRE(queue.push(entry(2, "c")));
  REQUIRE(queue.push(entry(100, "stays")));
  REQUIRE(queue.push(entry(101, "stays")));
  std::map<std::string, int> gone;
  for (Queue::Id id = 3; id < 40 && gone["stays"] < 2; ++id) {
    const auto next = queue.pop(1);
    ++gone[next->caller];
    if (next->caller != "stays") REQUIRE(queue.push(entry(id, next->caller)));
  }
  CHECK(gone == std::map<std::string, int>{{"b", 2}, {"c", 2}, {"stays", 2}});
}

TEST_CASE("smaller runs of others use what is free, a bounded number of times") {
  Queue queue(100);
  REQUIRE(queue.push(entry(1, "big", 10)));
  REQUIRE(queue.push(entry(2, "big", 1)));  // not before the first entry of its own caller
  for (Queue::Id id = 10; id < 30; ++id) REQUIRE(queue.push(entry(id, "small")));
  Ids expected;
  for (Queue::Id id = 10; id < 10 + Queue::kOvertakes; ++id) expected.push_back(id);
  CHECK(all(queue, 9) == expected);
  // The run in front starts as soon as it fits; then turns go on as before.
  CHECK(queue.pop(10)->id == 1u);
  CHECK(queue.pop(9)->id == 18u);
  CHECK(queue.pop(9)->id == 2u);
  CHECK(queue.pop(9)->id == 19u);
}

TEST_CASE("each run in front may be overtaken anew") {
  Queue queue(100);
  REQUIRE(queue.push(entry(1, "big", 10)));
  REQUIRE(queue.push(entry(2, "also big", 10)));
  for (Queue::Id id = 10; id < 50; ++id) REQUIRE(queue.push(entry(id, "small")));
  CHECK(all(queue, 1).size() == Queue::kOvertakes);
  SECTION("when the first one went") {
    CHECK(queue.pop(10)->id == 1u);
  }
  SECTION("when the first one was removed") {
    CHECK(queue.remove(1));
  }
  CHECK(all(queue, 1).size() == Queue::kOvertakes);
  CHECK(queue.pop(10)->id == 2u);
}

TEST_CASE("those who overtake take turns too") {
  Queue queue(100);
  REQUIRE(queue.push(entry(1, "big", 10)));
  for (const Queue::Id id : {11, 12, 13}) REQUIRE(queue.push(entry(id, "a")));
  for (const Queue::Id id : {21, 22, 23}) REQUIRE(queue.push(entry(id, "b")));
  CHECK(all(queue, 1) == Ids{11, 21, 12, 22, 13, 23});
}

TEST_CASE("only so many callers are looked at for one that fits") {
  Queue queue(100);
  REQUIRE(queue.push(entry(0, "big", 10)));
  for (Queue::Id id = 1; id < Queue::kLookAhead; ++id)
    REQUIRE(queue.push(entry(id, "big " + std::to_string(id), 10)));
  REQUIRE(queue.push(entry(98, "small")));
  REQUIRE(queue.push(entry(99, "too far")));
  CHECK(queue.pop(1)->id == 98u);
  CHECK(queue.pop(1)->id == 99u);  // nearer now
  REQUIRE(queue.push(entry(97, "big too", 10)));
  REQUIRE(queue.push(entry(98, "small")));
  CHECK_FALSE(queue.pop(1));
}

TEST_CASE("a removed run waits no longer and takes no turn of its caller") {
  Queue queue(10);
  for (const Queue::Id id : {1, 2, 3, 4}) REQUIRE(queue.push(entry(id, "a")));
  for (const Queue::Id id : {11, 12}) REQUIRE(queue.push(entry(id, "b")));
  CHECK(queue.remove(1));
  CHECK(queue.remove(3));
  CHECK_FALSE(queue.remove(3));
  CHECK_FALSE(queue.remove(77));
  CHECK(queue.size() == 4);
  CHECK(all(queue) == Ids{2, 11, 4, 12});
}

TEST_CASE("expired runs are returned, the earliest deadline first") {
  Queue queue(10);
  CHECK_FALSE(queue.next_deadline());
  REQUIRE(queue.push({1, "a", kStart + 3s, 1}));
  REQUIRE(queue.push({2, "a", kStart + 1s, 1}));
  REQUIRE(queue.push({3, "b", kStart + 2s, 1}));
  REQUIRE(queue.push({4, "b", kStart + 2s + 1ns, 1}));
  CHECK(queue.next_deadline() == kStart + 1s);
  CHECK(queue.expire(kStart).empty());
  CHECK(queue.expire(kStart + 2s) == Ids{2, 3});
  CHECK(queue.expire(kStart + 2s).empty());
  CHECK(queue.next_deadline() == kStart + 2s + 1ns);
  CHECK(all(queue) == Ids{1, 4});
  CHECK_FALSE(queue.next_deadline());
}

TEST_CASE("a position is how many go before, whatever happened before") {
  std::mt19937 random(1);
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  Queue queue(60);
  Queue::Id last = 0;
  for (int round = 0; round < 300; ++round) {
    for (unsigned i = below(20); i > 0; --i)
      (void)queue.push(entry(++last, std::string(1, static_cast<char>('a' + below(6)))));
    for (unsigned i = below(6); i > 0; --i) queue.remove(last - below(60));
    for (unsigned i = below(10); i > 0; --i) queue.pop(1);
    if (round % 20 != 0) continue;
    std::map<Queue::Id, std::size_t> told;
    for (Queue::Id id = 0; id <= last; ++id)
      if (const auto position = queue.position(id)) told[id] = *position;
    CHECK(told.size() == queue.size());
    std::map<Queue::Id, std::size_t> seen;
    for (const Queue::Id id : all(queue)) seen.emplace(id, seen.size());
    CHECK(told == seen);
  }
  CHECK(last > 1000);
  CHECK_FALSE(queue.position(last + 1));
}
