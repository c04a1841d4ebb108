#include "runner/run/collector.h"

#include "catch.h"

using cloche::runner::Collector;
using cloche::runner::take_characters;

namespace {

const std::string kCollectorNonce(32, '7');

std::string line(const std::string& json) {
  return kCollectorNonce + " " + json + "\n";
}

}  // namespace

TEST_CASE("tokens stand where they were said") {
  Collector collector(kCollectorNonce, [] {});
  collector.output(1, "foo");
  CHECK(collector.channel(line(R"({"tag":"PASSED","text":"Test Passed"})")) == "\n");
  collector.output(1, "bar\n");
  collector.output(2, "oops");
  CHECK(collector.channel(line(R"({"tag":"END"})")) == "\n");
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
  // Beyond the first 65536 a character counts as two, as in UTF-16.
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
  CHECK(collector.channel(
            line("{\"tag\":\"SKIPPED\",\"text\":\"" + std::string(60, 'x') + "\"}")) == "\n");
  CHECK(collector.channel(
            line("{\"tag\":\"SKIPPED\",\"text\":\"" + std::string(60, 'x') + "\"}")) == "");
  CHECK(calls == 1);
  Collector other(
      kCollectorNonce, [&] { ++calls; }, 100);
  CHECK(other.channel(line("{\"tag\":\"PASSED\",\"text\":\"" + std::string(200, 'x') + "\"}")) ==
        "");
  CHECK(calls == 2);
  CHECK(other.out == "");
}
