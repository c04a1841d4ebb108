#include "runner/report/tree_text.h"

#include <cstdio>

#include "runner/report/colours.h"

namespace cloche::runner {

namespace {

using Outcome = Test::Outcome;

enum class Style { red, green, yellow, bold, dim };

std::string milliseconds(double time) {
  char text[32];
  if (time >= 1000)
    std::snprintf(text, sizeof text, "%.2f s", time / 1000);
  else
    std::snprintf(text, sizeof text, time < 10 ? "%.2f ms" : "%.0f ms", time);
  return text;
}

// Assembles the text line by line.
class Writer {
 public:
  explicit Writer(bool colour) : colour_(colour) {}

  std::string styled(Style style, const std::string& text) const {
    if (!colour_ || text.empty()) return text;
    static constexpr const char* kCodes[] = {"31", "32", "33", "1", "2"};
    return std::string("\x1b[") + kCodes[static_cast<int>(style)] + "m" + text + "\x1b[0m";
  }
  std::string safe(const std::string& text) const { return harmless(text, colour_); }

  // Every line of the text, each with the prefix.
  void block(const std::string& prefix, const std::string& text) {
    std::size_t start = 0;
    while (start < text.size()) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      line(prefix + safe(text.substr(start, end - start)) + (colour_ ? "\x1b[0m" : ""));
      start = end + 1;
    }
  }
  void line(const std::string& text) { text_ += text + "\n"; }

  const std::string& text() const { return text_; }

 private:
  bool colour_;
  std::string text_;
};

std::string mark(const Writer& writer, Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return writer.styled(Style::green, "✓");
    case Outcome::failed:
      return writer.styled(Style::red, "✗");
    case Outcome::error:
      return writer.styled(Style::red, "✗");
    case Outcome::skipped:
      return writer.styled(Style::yellow, "○");
    case Outcome::none:
      return writer.styled(Style::yellow, "?");
  }
  return "?";
}

// Without blank ends: the text between tokens is mostly the empty line before a token.
std::string without_blank_ends(const std::string& text) {
  const auto first = text.find_first_not_of('\n');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of('\n') + 1 - first);
}

void write_log(Writer& writer, const std::string& indent, const Test::Log& log) {
  if (log.tag == "PROP") return;
  std::string title = log.label.starts_with('-') ? log.label.substr(1) : log.label;
  if (title.empty()) title = log.tag == "OUT" ? "Output" : "Log";
  writer.line(indent + writer.styled(Style::dim, "┌ ") +
              writer.styled(Style::bold, writer.safe(title)));
  writer.block(indent + writer.styled(Style::dim, "│ "), log.text);
  writer.line(indent + writer.styled(Style::dim, "└"));
}

void write_test(Writer& writer, const std::string& indent, const Test& test) {
  const bool group = test.kind == Test::Kind::group;
  std::string title = writer.safe(test.name);
  std::size_t shown = 0;
  // An assertion outside of any test has no name: its message is the title.
  if (title.empty() && !group && !test.assertions.empty()) {
    const std::string& message = test.assertions.front().message;
    title = writer.safe(message.substr(0, message.find('\n')));
    if (message.find('\n') == message.npos) shown = 1;
  }
  if (group) title = writer.styled(Style::bold, title);
  std::string line = indent + (group ? "" : mark(writer, test.outcome) + " ") + title;
  if (test.milliseconds)
    line += " " + writer.styled(Style::dim, "(" + milliseconds(*test.milliseconds) + ")");
  writer.line(line);
  const std::string inner = indent + "  ";
  writer.block(inner + writer.styled(Style::dim, "| "), without_blank_ends(test.output));
  for (std::size_t i = shown; i < test.assertions.size(); ++i) {
    const Test::Assertion& assertion = test.assertions[i];
    if (assertion.outcome == Outcome::passed || assertion.message.empty()) continue;
    const Style style = assertion.outcome == Outcome::skipped ? Style::yellow : Style::red;
    const std::string rest = without_blank_ends(assertion.message);
    std::size_t start = 0;
    while (start < rest.size()) {
      const std::size_t end = std::min(rest.find('\n', start), rest.size());
      writer.line(inner + writer.styled(style, harmless(rest.substr(start, end - start), false)));
      start = end + 1;
    }
  }
  for (const Test::Log& log : test.logs) write_log(writer, inner, log);
  for (const Test& child : test.children) write_test(writer, inner, child);
}

std::string environment_of(const Report& report) {
  std::string text = report.language;
  if (!report.version.empty()) text += " " + report.version;
  if (!report.framework.empty()) text += ", " + report.framework;
  if (report.step_ran)
    text += ", " + milliseconds(static_cast<double>(report.result.wall_time.count()) / 1e6);
  return text;
}

void write_tests(Writer& writer, const Report& report) {
  writer.block("", without_blank_ends(report.tests.output));
  for (const Test& child : report.tests.children) write_test(writer, "", child);
  if (!report.err.empty()) {
    writer.line("");
    writer.line(writer.styled(Style::dim, "standard error:"));
    writer.block(writer.styled(Style::dim, "| "), report.err);
  }
  writer.line("");
}

void write_case(Writer& writer, std::size_t number, const CaseReport& one) {
  const bool ok = one.verdict == Verdict::ok;
  const double time = static_cast<double>(one.result.wall_time.count()) / 1e6;
  writer.line(mark(writer, ok ? Outcome::passed : Outcome::failed) + " case " +
              std::to_string(number) + " " +
              writer.styled(Style::dim, "(" + milliseconds(time) + ")") +
              (ok ? "" : " " + writer.styled(Style::red, harmless(one.reason, false))));
  // A case whose output is as expected needs no further lines.
  if (ok && one.compared) return;
  writer.block("  " + writer.styled(Style::dim, "| "), one.out);
  writer.block("  " + writer.styled(Style::red, "| "), one.err);
}

}  // namespace

std::string harmless(const std::string& text, bool colour) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (colour && byte == 0x1b) {
      if (const std::size_t length = colour_sequence(text, i); length > 0) {
        safe.append(text, i, length);
        i += length - 1;
        continue;
      }
    }
    // C1 controls, which some terminals obey, are U+0080 to U+009F: two bytes, 0xc2 first.
    const bool c1 =
        byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f || c1) {
      safe += "\xef\xbf\xbd";
      if (c1) ++i;
    } else {
      safe += text[i];
    }
  }
  return safe;
}

Rendered tree_text(const Report& report, bool colour) {
  Writer writer(colour);
  const bool ok = report.verdict == Verdict::ok;
  const std::string summary = writer.styled(ok ? Style::green : Style::red,
                                            (ok ? "✓ " : "✗ ") + harmless(report.reason, false)) +
                              " " + writer.styled(Style::dim, "(" + environment_of(report) + ")") +
                              "\n";
  if (report.test_mode && !report.compilation_failure) {
    write_tests(writer, report);
    return {writer.text() + summary, {}};
  }
  if (!report.cases.empty()) {
    for (std::size_t i = 0; i < report.cases.size(); ++i)
      write_case(writer, i + 1, report.cases[i]);
    return {writer.text() + summary, {}};
  }
  Rendered text{writer.safe(report.out), writer.safe(report.err)};
  if (ok) return text;
  const std::string& last = text.err.empty() ? text.out : text.err;
  if (!last.empty() && last.back() != '\n') text.err += '\n';
  // A setup error needs no summary: its message is already on standard error.
  if (report.verdict != Verdict::setup_error) text.err += summary;
  return text;
}

}  // namespace cloche::runner
