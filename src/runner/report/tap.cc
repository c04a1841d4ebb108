#include "runner/report/tap.h"

#include <cstdio>
#include <string_view>

#include "runner/report/ci_tree.h"
#include "runner/report/colours.h"
#include "util/json.h"
#include "util/utf8.h"

namespace cloche::runner {

namespace {

// One line of valid UTF-8. Every control character becomes a space.
std::string one_line(const std::string& raw) {
  std::string text = repaired_utf8(without_colours(raw));
  for (char& byte : text)
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = ' ';
  return text;
}

// The description of a test point: '#' would begin a directive, '\' an escape.
std::string description(const Test& test) {
  std::string text;
  for (const char byte : one_line(title_of(test))) {
    if (byte == '#' || byte == '\\') text += '\\';
    text += byte;
  }
  return text;
}

// A YAML string in double quotes. Every JSON string is one.
std::string quoted_yaml(const std::string& text) {
  return Json(without_colours(text)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

// Adds a program's output as comments. The bar keeps a line from being read as "# Subtest: ...".
void add_comment(std::string& out, const std::string& indent, const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out += indent + "# | " + one_line(std::string(rest.substr(0, end))) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void add_diagnostics(std::string& out, const std::string& indent, const Test& test) {
  const bool failed = test.outcome == Test::Outcome::failed || test.outcome == Test::Outcome::error;
  if (!failed && !test.milliseconds) return;
  out += indent + "  ---\n";
  if (failed) {
    if (const std::string messages = messages_of(test); !messages.empty())
      out += indent + "  message: " + quoted_yaml(messages) + "\n";
    out += indent + "  severity: " + std::string(to_string(test.outcome)) + "\n";
  }
  if (test.milliseconds) {
    char text[48];
    std::snprintf(text, sizeof text, "  duration_ms: %.3f\n", *test.milliseconds);
    out += indent + text;
  }
  out += indent + "  ...\n";
}

bool is_ok(const Test& test) {
  return test.outcome != Test::Outcome::failed && test.outcome != Test::Outcome::error;
}

void add_tests(std::string& out, const std::string& indent, const Test& group) {
  out += indent + "1.." + std::to_string(group.children.size()) + "\n";
  std::size_t number = 0;
  for (const Test& test : group.children) {
    ++number;
    if (!test.children.empty() || test.kind == Test::Kind::group) {
      out += indent + "# Subtest: " + description(test) + "\n";
      add_comment(out, indent + "    ", output_of(test));
      add_tests(out, indent + "    ", test);
    } else {
      add_comment(out, indent, output_of(test));
    }
    out += indent + (is_ok(test) ? "ok " : "not ok ") + std::to_string(number) + " - " +
           description(test);
    if (test.outcome == Test::Outcome::skipped && test.children.empty())
      out += " # SKIP " + one_line(first_line(messages_of(test)));
    out += "\n";
    add_diagnostics(out, indent, test);
  }
}

}  // namespace

std::string tap(const Report& report) {
  const Test root = ci_tree(report);
  std::string out = "TAP version 14\n# " + one_line(root.name) + "\n";
  add_comment(out, "", root.output);
  add_tests(out, "", root);
  add_comment(out, "", report.err);
  return out;
}

}  // namespace cloche::runner
