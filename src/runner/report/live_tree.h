// The tree of tests while it grows.
#pragma once

#include <string>
#include <vector>

#include "runner/report/live.h"
#include "runner/report/tree.h"
#include "runner/report/tree_writer.h"

namespace cloche::runner {

// A test is written when it ends, a group is named when it begins, and output outside of tests is
// written line by line.
class LiveTree : public LiveText {
 public:
  LiveTree(const LiveOptions& options, Write write);

  Rendered rest(const Report& report) override;

 protected:
  void phase(std::string_view name) override { running_ = name == "run"; }
  void output(int fd, std::string_view bytes) override;
  void token(const Token& token) override;
  void end_case(std::size_t, const CaseReport&) override {}

 private:
  // One for each open group, from the root.
  struct Level {
    std::size_t children = 0;    // of these, how many are written
    std::size_t logs = 0;        // the same of its logs
    std::size_t child_logs = 0;  // the same of the logs of the last written child
  };

  void catch_up();
  void write_new(Level& level, const std::string& indent, const Test& test, std::size_t children);
  void write_line(const std::string& line);
  void end_line();
  void flush();

  const LiveOptions options_;
  const Write write_;
  TreeBuilder tree_;
  TreeWriter writer_;
  bool running_ = false;
  std::vector<Level> levels_ = std::vector<Level>(1);
  std::string line_;             // output outside of tests that is no whole line yet
  std::size_t blank_lines_ = 0;  // empty lines that are written if others follow
  bool any_output_ = false;      // since the last token
  bool status_ = false;          // the terminal shows the name of the test that runs
};

}  // namespace cloche::runner
