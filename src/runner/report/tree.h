// Builds the tree of tests, from events alone.
#pragma once

#include <string_view>
#include <vector>

#include "cloche/runner.h"
#include "runner/report/event.h"

namespace cloche::runner {

// Sets the outcomes of a test and of those below it from their assertions.
void settle(Test& test);

class TreeBuilder {
 public:
  TreeBuilder() { open_.push_back(&root_); }
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  void add(const Event& event);
  // Adds output of the program since the last event. It belongs to the innermost open node.
  void print(std::string_view bytes) { open_.back()->output += bytes; }

  // END has come.
  // The groups, and the test, that have begun and not ended: the root first.
  const std::vector<Test*>& open() const { return open_; }

  bool ended() const { return ended_; }
  // An event came after END.
  bool went_on() const { return went_on_; }

  struct Tree {
    Test root;
    Counts counts;
  };
  // Call this once, at the end. If END is missing, tests that are still open become errors.
  Tree finish();

 private:
  void open(Test::Kind kind, const std::string& name);
  void close(const Event& event);
  void assert_that(Test::Outcome outcome, const std::string& message);
  void log(const Event& event);

  Test root_;
  // The path from the root to the innermost open node. A child is added only to the last node of
  // the path, so that a list of children that grows never moves one of these nodes.
  std::vector<Test*> open_;
  std::size_t too_deep_ = 0;  // open groups beyond kMaxDepth, which have no node
  bool ended_ = false, went_on_ = false;
};

}  // namespace cloche::runner
