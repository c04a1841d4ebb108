#include "runner/report/tree_writer.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "runner/report/tree_text.h"

namespace cloche::runner {

namespace {

using Outcome = Test::Outcome;

std::string milliseconds(double time) {
  char text[32];
  if (time >= 1000)
    std::snprintf(text, sizeof text, "%.2f s", time / 1000);
  else
    std::snprintf(text, sizeof text, time < 10 ? "%.2f ms" : "%.0f ms", time);
  return text;
}

std::string environment_of(const Report& report) {
  std::string text = report.language;
  if (!report.version.empty()) text += " " + report.version;
  if (!report.framework.empty()) text += ", " + report.framework;
  if (report.step_ran)
    text += ", " + milliseconds(static_cast<double>(report.result.wall_time.count()) / 1e6);
  return text;
}

}  // namespace

std::string without_blank_ends(const std::string& text) {
  const auto first = text.find_first_not_of('\n');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of('\n') + 1 - first);
}

std::string TreeWriter::styled(Style style, const std::string& text) const {
  if (!colour_ || text.empty()) return text;
  static constexpr const char* kCodes[] = {"31", "32", "33", "1", "2"};
  return std::string("\x1b[") + kCodes[static_cast<int>(style)] + "m" + text + "\x1b[0m";
}

std::string TreeWriter::safe(const std::string& text) const {
  return harmless(text, colour_);
}

std::string TreeWriter::mark(Outcome outcome) const {
  switch (outcome) {
    case Outcome::passed:
      return styled(Style::green, "✓");
    case Outcome::failed:
    case Outcome::error:
      return styled(Style::red, "✗");
    case Outcome::skipped:
      return styled(Style::yellow, "○");
    case Outcome::none:
      return styled(Style::yellow, "?");
  }
  return "?";
}

std::string TreeWriter::take() {
  return std::exchange(text_, {});
}

void TreeWriter::block(const std::string& prefix, const std::string& text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    line(prefix + safe(text.substr(start, end - start)) + (colour_ ? "\x1b[0m" : ""));
    start = end + 1;
  }
}

bool TreeWriter::is_titled_by_message(const Test& test) const {
  return test.kind == Test::Kind::test && !test.assertions.empty() && safe(test.name).empty();
}

void TreeWriter::title(const std::string& indent, const Test& test) {
  const bool group = test.kind == Test::Kind::group;
  std::string title = safe(test.name);
  if (is_titled_by_message(test)) {
    const std::string& message = test.assertions.front().message;
    title = safe(message.substr(0, message.find('\n')));
  }
  if (group) title = styled(Style::bold, title);
  std::string text = indent + (group ? "" : mark(test.outcome) + " ") + title;
  if (test.milliseconds)
    text += " " + styled(Style::dim, "(" + milliseconds(*test.milliseconds) + ")");
  line(text);
}

void TreeWriter::log(const std::string& indent, const Test::Log& log) {
  if (log.tag == "PROP") return;
  std::string title = log.label.starts_with('-') ? log.label.substr(1) : log.label;
  if (title.empty()) title = log.tag == "OUT" ? "Output" : "Log";
  line(indent + styled(Style::dim, "┌ ") + styled(Style::bold, safe(title)));
  block(indent + styled(Style::dim, "│ "), log.text);
  line(indent + styled(Style::dim, "└"));
}

void TreeWriter::test(const std::string& indent, const Test& test) {
  title(indent, test);
  const std::string inner = indent + "  ";
  block(inner + styled(Style::dim, "| "), without_blank_ends(test.output));
  const bool titled =
      is_titled_by_message(test) && test.assertions.front().message.find('\n') == std::string::npos;
  for (std::size_t i = titled ? 1 : 0; i < test.assertions.size(); ++i) {
    const Test::Assertion& assertion = test.assertions[i];
    if (assertion.outcome == Outcome::passed || assertion.message.empty()) continue;
    const Style style = assertion.outcome == Outcome::skipped ? Style::yellow : Style::red;
    const std::string rest = without_blank_ends(assertion.message);
    std::size_t start = 0;
    while (start < rest.size()) {
      const std::size_t end = std::min(rest.find('\n', start), rest.size());
      line(inner + styled(style, harmless(rest.substr(start, end - start), false)));
      start = end + 1;
    }
  }
  for (const Test::Log& each : test.logs) log(inner, each);
  for (const Test& child : test.children) this->test(inner, child);
}

void TreeWriter::standard_error(const std::string& text) {
  if (text.empty()) return;
  line("");
  line(styled(Style::dim, "standard error:"));
  block(styled(Style::dim, "| "), text);
}

void TreeWriter::one_case(std::size_t number, const CaseReport& one) {
  const bool ok = one.verdict == Verdict::ok;
  const double time = static_cast<double>(one.result.wall_time.count()) / 1e6;
  line(mark(ok ? Outcome::passed : Outcome::failed) + " case " + std::to_string(number) + " " +
       styled(Style::dim, "(" + milliseconds(time) + ")") +
       (ok ? "" : " " + styled(Style::red, harmless(one.reason, false))));
  // A case with the expected output needs no further lines.
  if (ok && one.compared) return;
  block("  " + styled(Style::dim, "| "), one.out);
  block("  " + styled(Style::red, "| "), one.err);
}

void TreeWriter::summary(const Report& report) {
  const bool ok = report.verdict == Verdict::ok;
  line(styled(ok ? Style::green : Style::red, (ok ? "✓ " : "✗ ") + harmless(report.reason, false)) +
       " " + styled(Style::dim, "(" + environment_of(report) + ")"));
}

}  // namespace cloche::runner
