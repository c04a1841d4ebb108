#include <array>
#include <utility>

#include "cloche/report.h"
#include "runner/report/case_text.h"
#include "runner/report/junit.h"
#include "runner/report/report_json.h"
#include "runner/report/tap.h"
#include "runner/report/tree_text.h"

namespace cloche::runner {

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 5> kFormats = {{
    {"tokens", Format::tokens},
    {"json", Format::json},
    {"tree", Format::tree},
    {"junit", Format::junit},
    {"tap", Format::tap},
}};

std::string cases_text(const Report& report) {
  std::string text;
  for (std::size_t i = 0; i < report.cases.size(); ++i) text += case_text(i + 1, report.cases[i]);
  return text;
}

// The tests did not come to their end, and nothing that was printed has to say so. (What cloche did
// to a program is on standard error.)
bool is_cut_short(const Report& report) {
  return report.test_mode && report.step_ran && !report.compilation_failure &&
         report.compat == Compat::none &&
         (report.verdict == Verdict::report_broken || report.verdict == Verdict::runtime_error ||
          report.verdict == Verdict::signaled);
}

Rendered tokens_text(const Report& report) {
  Rendered text{report.cases.empty() ? report.out : cases_text(report), report.err};
  if (is_cut_short(report)) text.out += "\n<ERROR::>" + report.reason + "\n";
  // cloche writes a setup error as a line, so it ends with a line break.
  if (report.verdict == Verdict::setup_error) text.err += '\n';
  return text;
}

}  // namespace

std::string case_text(std::size_t number, const CaseReport& one) {
  const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(one.result.wall_time);
  std::string text = "case " + std::to_string(number) + ": " + std::string(to_string(one.verdict)) +
                     ", " + std::to_string(wall.count()) + " ms";
  if (one.verdict != Verdict::ok) text += ": " + one.reason;
  text += "\n";
  for (const std::string* stream : {&one.out, &one.err}) {
    text += *stream;
    if (!stream->empty() && stream->back() != '\n') text += '\n';
  }
  return text;
}

std::string_view to_string(Format format) {
  for (const auto& [name, known] : kFormats)
    if (known == format) return name;
  return "unknown";
}

std::optional<Format> parse_format(std::string_view name) {
  if (name == "default") return Format::tokens;
  if (name == "pretty") return Format::tree;
  for (const auto& [known, format] : kFormats)
    if (known == name) return format;
  return std::nullopt;
}

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, format] : kFormats) names.push_back(name);
  return names;
}

Rendered render(const Report& report, Format format, const RenderOptions& options) {
  switch (format) {
    case Format::tokens:
      return tokens_text(report);
    case Format::json:
      return {report_json(report), {}};
    case Format::tree:
      return tree_text(report, options.colour);
    case Format::junit:
      return {junit_xml(report), {}};
    case Format::tap:
      return {tap(report), {}};
  }
  return {};
}

}  // namespace cloche::runner
