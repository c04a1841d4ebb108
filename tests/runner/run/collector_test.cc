#include "runner/run/collector.h"

#include "catch.h"

using cloche::runner::Collector;
using cloche::runner::take_characters;

namespace {

const std::string kCollectorNonce(32, '7');

std::string wire_event(const std::string& tag, const std::string& text = "") {
  return kCollectorNonce + " " + tag + " 1 " + std::to_string(text.size()) + " 0 0 0\n" + text;
}

}  // namespace

TEST_CASE("tokens stand where they were said") {
  Collector collector(kCollectorNonce, [] {});
  collector.output(1, "foo");
  CHECK(collector.channel(wire_event("PASSED", "Test Passed")) == "\n");
  collector.output(1, "bar\n");
  collector.output(2, "oops");
  CHECK(collector.channel(wire_event("END")) == "\n");
  CHECK(collector.out == "foo\n<PASSED::>Test Passed\nbar\n");
  CHECK(collector.err == "oops");
  CHECK(collector.tree().ended());
}

TEST_CASE("printed look-alikes stay text") {
  Collector collector(kCollectorNonce, [] {});
  collector.output(1, "\n<PASSED::>Test Passed\n");
  const auto tree = collector.tree().finish();
  CHECK(tree.counts.tests == 0);
  CHECK(tree.root.output == "\n<PASSED::>Test Passed\n");
}

TEST_CASE("too much output is cut at the character and told once") {
  int calls = 0;
  Collector collector(
      "", [&] { ++calls; }, 10);
  collector.output(1, "12345");
  collector.output(1, "67890");
  CHECK(calls == 0);
  CHECK_FALSE(collector.full());
  collector.output(1, "x");
  collector.output(1, "y");
  CHECK(calls == 1);
  CHECK(collector.full());
  CHECK(collector.out == "1234567890");
}

TEST_CASE("standard error does not count") {
  Collector collector(
      "", [] {}, 10);
  collector.output(2, std::string(1000, 'e'));
  CHECK_FALSE(collector.full());
}

TEST_CASE("characters are counted, not bytes") {
  std::size_t left = 4;
  CHECK(take_characters("\xc3\xa4\xe2\x82\xac", left) == 5);
  CHECK(left == 2);
  // A character beyond U+FFFF counts as two, as in UTF-16.
  CHECK(take_characters("\xf0\x9f\x98\x80\xf0\x9f\x98\x80", left) == 4);
  CHECK(left == 0);
  int calls = 0;
  Collector collector(
      "", [&] { ++calls; }, 3);
  collector.output(1, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
  CHECK(calls == 0);
}

TEST_CASE("bytes that are no characters are bounded too") {
  int calls = 0;
  Collector collector(
      "", [&] { ++calls; }, 100);
  for (int i = 0; i < 100; ++i) collector.output(1, std::string(10, '\x80'));
  CHECK(calls == 1);
  CHECK(collector.out.size() == 400);
}

TEST_CASE("tokens count as output, and events without a token too") {
  int calls = 0;
  Collector collector(
      kCollectorNonce, [&] { ++calls; }, 100);
  CHECK(collector.channel(wire_event("SKIPPED", std::string(60, 'x'))) == "\n");
  CHECK(collector.channel(wire_event("SKIPPED", std::string(60, 'x'))) == "");
  CHECK(calls == 1);
  Collector other(
      kCollectorNonce, [&] { ++calls; }, 100);
  CHECK(other.channel(wire_event("PASSED", std::string(200, 'x'))) == "");
  CHECK(calls == 2);
  CHECK(other.out == "");
}

TEST_CASE("reports have a limit of their own and count as output") {
  int calls = 0;
  Collector collector(kCollectorNonce, [&] { ++calls; });
  std::string thousand;
  for (int i = 0; i < 1000; ++i) thousand += wire_event("SKIPPED");
  int rounds = 0;
  while (!collector.full() && rounds < 1000) {
    collector.channel(thousand);
    ++rounds;
  }
  CHECK(rounds ==
        1 + static_cast<int>(cloche::runner::kMaxReport / cloche::runner::kEventCost / 1000));
  CHECK(calls == 1);
  CHECK(collector.out_full());
  CHECK(collector.channel(wire_event("PASSED")) == "");
  CHECK(calls == 1);
  CHECK(collector.forged() == 0);
}

TEST_CASE("a value is whole, or there is none") {
  Collector collector(kCollectorNonce, [] {});
  CHECK(collector.channel(wire_event("VALUE", "\"" + std::string(1'000'000, 'x') + "\"")) == "\n");
  CHECK_FALSE(collector.value().json);
  CHECK_THAT(collector.value().error.value(), ContainsSubstring("more than 1 MB"));
}

TEST_CASE("after a broken header nobody is heard") {
  Collector collector(kCollectorNonce, [] {});
  CHECK(collector.channel(wire_event("PASSED", "1") + "broken\n" + wire_event("PASSED", "2")) ==
        std::nullopt);
  CHECK(collector.channel(wire_event("END")) == std::nullopt);
  CHECK(collector.forged() == 1);
  CHECK(collector.broken());
  CHECK(collector.out == "\n<PASSED::>1\n");
  CHECK_FALSE(collector.full());
}
