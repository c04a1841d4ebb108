// The tree of tests, grown from events alone.
#pragma once

#include <string_view>
#include <vector>

#include "cloche/runner.h"
#include "runner/report/event.h"

namespace cloche::runner {

class TreeBuilder {
 public:
  TreeBuilder() { open_.push_back(&root_); }
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  void add(const Event& event);
  // What was printed since the last event, which belongs to what is open now.
  void print(std::string_view bytes) { open_.back()->output += bytes; }

  // The last word came.
  bool ended() const { return ended_; }
  // Something came after the last word.
  bool went_on() const { return went_on_; }

  struct Tree {
    Test root;
    Counts counts;
  };
  // To be called once, at the end. Without the last word, tests that are still open are errors.
  Tree finish();

 private:
  void open(Test::Kind kind, const std::string& name);
  void close(const Event& event);
  void assert_that(Test::Outcome outcome, const std::string& message);
  void log(const Event& event);

  Test root_;
  // From the root to what is open. A child is added only to the last of them, so that growing a
  // list of children never moves one of these.
  std::vector<Test*> open_;
  std::size_t too_deep_ = 0;  // open groups beyond kMaxDepth, which have no node
  bool ended_ = false, went_on_ = false;
};

}  // namespace cloche::runner
