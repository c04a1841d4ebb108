#include "runner/report/tree.h"

#include <algorithm>

namespace cloche::runner {

namespace {

// The deepest group that gets its own node. Events of deeper groups go to it, because trees are
// walked recursively.
constexpr std::size_t kMaxDepth = 100;

void count(const Test& test, Counts& counts) {
  if (test.kind == Test::Kind::test) {
    ++counts.tests;
    if (test.outcome == Test::Outcome::passed) ++counts.passed;
    if (test.outcome == Test::Outcome::failed) ++counts.failed;
    if (test.outcome == Test::Outcome::error) ++counts.errors;
    if (test.outcome == Test::Outcome::skipped) ++counts.skipped;
  }
  for (const Test::Assertion& assertion : test.assertions) {
    if (assertion.outcome == Test::Outcome::passed) ++counts.assertions_passed;
    if (assertion.outcome >= Test::Outcome::failed) ++counts.assertions_failed;
  }
  for (const Test& child : test.children) count(child, counts);
}

}  // namespace

void settle(Test& test) {
  for (const Test::Assertion& assertion : test.assertions)
    test.outcome = std::max(test.outcome, assertion.outcome);
  for (Test& child : test.children) {
    settle(child);
    test.outcome = std::max(test.outcome, child.outcome);
  }
}

void TreeBuilder::open(Test::Kind kind, const std::string& name) {
  if (open_.size() > kMaxDepth) {
    ++too_deep_;
    return;
  }
  Test test;
  test.kind = kind;
  test.name = name;
  open_.back()->children.push_back(std::move(test));
  open_.push_back(&open_.back()->children.back());
}

void TreeBuilder::close(const Event& event) {
  if (too_deep_ > 0) {
    --too_deep_;
    return;
  }
  if (open_.size() == 1) return;  // some frameworks close the whole run too
  open_.back()->milliseconds = event.milliseconds;
  open_.pop_back();
}

void TreeBuilder::assert_that(Test::Outcome outcome, const std::string& message) {
  Test* test = open_.back();
  if (test->kind == Test::Kind::group) {
    Test single;
    single.kind = Test::Kind::test;
    test->children.push_back(std::move(single));
    test = &test->children.back();
  }
  test->assertions.push_back({outcome, message});
}

void TreeBuilder::log(const Event& event) {
  Test* test = open_.back();
  // A log after an assertion outside of any test explains that assertion.
  if (test->kind == Test::Kind::group && !test->children.empty()) {
    Test& last = test->children.back();
    if (last.kind == Test::Kind::test && last.name.empty()) test = &last;
  }
  test->logs.push_back({std::string(name_of(event.tag)), event.mode, event.label, event.text});
}

void TreeBuilder::add(const Event& event) {
  switch (event.tag) {
    case Tag::sync:
    case Tag::status:
    case Tag::value:  // for calls, which have no tests
    case Tag::no_value:
      return;
    default:
      break;
  }
  if (ended_) went_on_ = true;
  switch (event.tag) {
    case Tag::end:
      ended_ = true;
      break;
    case Tag::describe:
      open(Test::Kind::group, event.text);
      break;
    case Tag::it:
      open(Test::Kind::test, event.text);
      break;
    case Tag::completed_in:
      close(event);
      break;
    case Tag::passed:
      assert_that(Test::Outcome::passed, event.text);
      break;
    case Tag::failed:
      assert_that(Test::Outcome::failed, event.text);
      break;
    case Tag::error:
      assert_that(Test::Outcome::error, event.text);
      break;
    case Tag::skipped:
      assert_that(Test::Outcome::skipped, event.text);
      break;
    default:
      log(event);
  }
}

TreeBuilder::Tree TreeBuilder::finish() {
  if (!ended_)
    for (Test* test : open_)
      if (test->kind == Test::Kind::test)
        test->assertions.push_back({Test::Outcome::error, "The test did not finish"});
  settle(root_);
  Tree tree;
  count(root_, tree.counts);
  tree.root = std::move(root_);
  return tree;
}

std::string_view to_string(Test::Outcome outcome) {
  switch (outcome) {
    case Test::Outcome::none:
      return "none";
    case Test::Outcome::skipped:
      return "skipped";
    case Test::Outcome::passed:
      return "passed";
    case Test::Outcome::failed:
      return "failed";
    case Test::Outcome::error:
      return "error";
  }
  return "none";
}

}  // namespace cloche::runner
