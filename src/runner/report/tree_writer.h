// The lines of the format tree.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

enum class Style { red, green, yellow, bold, dim };

// Assembles the text line by line. `colour`: with ANSI sequences.
class TreeWriter {
 public:
  explicit TreeWriter(bool colour) : colour_(colour) {}

  std::string styled(Style style, const std::string& text) const;
  // The text as harmless() has it.
  std::string safe(const std::string& text) const;

  void line(const std::string& text) { text_ += text + "\n"; }
  // Every line of the text, each with the prefix.
  void block(const std::string& prefix, const std::string& text);
  // The line that names a group or a test.
  void title(const std::string& indent, const Test& test);
  void log(const std::string& indent, const Test::Log& log);
  // A group or test with all that it holds.
  void test(const std::string& indent, const Test& test);
  void standard_error(const std::string& text);
  void one_case(std::size_t number, const CaseReport& one);
  // The last line: how the run ended.
  void summary(const Report& report);

  const std::string& text() const { return text_; }
  // Returns the text and starts with an empty one.
  std::string take();

 private:
  std::string mark(Test::Outcome outcome) const;
  // An assertion outside of any test has no name: its message is the title.
  bool is_titled_by_message(const Test& test) const;

  bool colour_;
  std::string text_;
};

// The text without empty lines at its ends: output between tokens is mostly the empty line before
// one.
std::string without_blank_ends(const std::string& text);

}  // namespace cloche::runner
