#include "runner/report/tree.h"

#include "catch.h"

using cloche::runner::Counts;
using cloche::runner::Event;
using cloche::runner::Test;
using cloche::runner::TreeBuilder;

namespace {

Event event(const std::string& tag, const std::string& text = "") {
  Event event;
  event.tag = cloche::runner::tag_named(tag).value();
  event.text = text;
  return event;
}

Event completed(double milliseconds) {
  Event event;
  event.tag = cloche::runner::Tag::completed_in;
  event.milliseconds = milliseconds;
  return event;
}

}  // namespace

TEST_CASE("groups and tests nest, and the worst outcome rises") {
  TreeBuilder builder;
  builder.add(event("DESCRIBE", "outer"));
  builder.add(event("DESCRIBE", "inner"));
  builder.add(event("IT", "passes"));
  builder.print("hello\n");
  builder.add(event("PASSED", "Test Passed"));
  builder.add(completed(1.5));
  builder.add(event("IT", "fails"));
  builder.add(event("PASSED", "Test Passed"));
  builder.add(event("FAILED", "no"));
  builder.add({cloche::runner::Tag::log, "why", "ESC", "Failure", true, {}});
  builder.add(completed(2));
  builder.add(completed(4));
  builder.add(event("IT", "is skipped"));
  builder.add(event("SKIPPED", "later"));
  builder.add(completed(0));
  builder.add(event("COMPLETEDIN"));
  builder.add(event("END"));
  const auto tree = builder.finish();

  REQUIRE(tree.root.children.size() == 1);
  const Test& outer = tree.root.children[0];
  CHECK(outer.name == "outer");
  CHECK(outer.outcome == Test::Outcome::failed);
  CHECK_FALSE(outer.milliseconds);
  REQUIRE(outer.children.size() == 2);
  const Test& inner = outer.children[0];
  CHECK(inner.milliseconds == 4.0);
  REQUIRE(inner.children.size() == 2);
  CHECK(inner.children[0].outcome == Test::Outcome::passed);
  CHECK(inner.children[0].output == "hello\n");
  CHECK(inner.children[0].milliseconds == 1.5);
  CHECK(inner.children[1].outcome == Test::Outcome::failed);
  CHECK(inner.children[1].assertions[1].message == "no");
  REQUIRE(inner.children[1].logs.size() == 1);
  CHECK(inner.children[1].logs[0].label == "Failure");
  CHECK(outer.children[1].outcome == Test::Outcome::skipped);
  const Counts& counts = tree.counts;
  CHECK(counts.tests == 3);
  CHECK(counts.passed == 1);
  CHECK(counts.failed == 1);
  CHECK(counts.errors == 0);
  CHECK(counts.skipped == 1);
  CHECK(counts.assertions_passed == 2);
  CHECK(counts.assertions_failed == 1);
}

TEST_CASE("an assertion outside of any test counts as a test without a name") {
  TreeBuilder builder;
  builder.add(event("PASSED", "one"));
  builder.add(event("DESCRIBE", "group"));
  builder.add(event("ERROR", "two"));
  builder.add({cloche::runner::Tag::log, "trace", "", "Trace", true, {}});
  builder.add(event("COMPLETEDIN"));
  builder.add(event("END"));
  const auto tree = builder.finish();
  REQUIRE(tree.root.children.size() == 2);
  CHECK(tree.root.children[0].kind == Test::Kind::test);
  CHECK(tree.root.children[0].name == "");
  CHECK(tree.root.children[1].children[0].assertions[0].message == "two");
  CHECK(tree.root.children[1].children[0].logs.size() == 1);
  CHECK(tree.root.outcome == Test::Outcome::error);
  CHECK(tree.counts.tests == 2);
  CHECK(tree.counts.passed == 1);
  CHECK(tree.counts.errors == 1);
}

TEST_CASE("without the last word, open tests are errors") {
  TreeBuilder builder;
  builder.add(event("DESCRIBE", "group"));
  builder.add(event("IT", "never ends"));
  builder.add(event("PASSED", "so far"));
  CHECK_FALSE(builder.ended());
  const auto tree = builder.finish();
  CHECK(tree.counts.errors == 1);
  CHECK(tree.counts.passed == 0);
  CHECK(tree.root.children[0].children[0].outcome == Test::Outcome::error);
}

TEST_CASE("with the last word, a test that was never closed is judged by what it said") {
  TreeBuilder builder;
  builder.add(event("IT", "old style"));
  builder.add(event("PASSED", "fine"));
  builder.add(event("END"));
  CHECK(builder.ended());
  CHECK(builder.finish().counts.passed == 1);
}

TEST_CASE("events after END are noticed and kept") {
  TreeBuilder builder;
  builder.add(event("END"));
  CHECK_FALSE(builder.went_on());
  builder.add(event("SYNC"));
  CHECK_FALSE(builder.went_on());
  builder.add(event("FAILED", "late"));
  CHECK(builder.went_on());
  CHECK(builder.finish().counts.failed == 1);
}

TEST_CASE("closing too often does no harm") {
  TreeBuilder builder;
  for (int i = 0; i < 3; ++i) builder.add(completed(1));
  builder.add(event("DESCRIBE", "group"));
  for (int i = 0; i < 3; ++i) builder.add(completed(1));
  builder.add(event("PASSED"));
  CHECK(builder.finish().root.children.size() == 2);
}

TEST_CASE("a million nested groups do not make a deep tree") {
  TreeBuilder builder;
  for (int i = 0; i < 1000000; ++i) builder.add(event("DESCRIBE", "x"));
  builder.add(event("PASSED", "deep"));
  for (int i = 0; i < 1000000; ++i) builder.add(event("COMPLETEDIN"));
  builder.add(event("PASSED", "top"));
  builder.add(event("END"));
  const auto tree = builder.finish();
  CHECK(tree.counts.passed == 2);
  REQUIRE(tree.root.children.size() == 2);
  CHECK(tree.root.children[1].assertions[0].message == "top");
  int depth = 0;
  for (const Test* test = &tree.root; !test->children.empty(); test = &test->children[0]) ++depth;
  CHECK(depth == 101);
}

TEST_CASE("a test without assertions counts as none of the outcomes") {
  TreeBuilder builder;
  builder.add(event("IT", "empty"));
  builder.add(completed(1));
  builder.add(event("END"));
  const auto tree = builder.finish();
  CHECK(tree.counts.tests == 1);
  CHECK(tree.counts.passed + tree.counts.failed + tree.counts.errors + tree.counts.skipped == 0);
}
