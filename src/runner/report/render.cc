#include <array>
#include <utility>

#include "cloche/report.h"
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

// Each case under a line that says how it ended.
std::string cases_text(const Report& report) {
  std::string text;
  for (std::size_t i = 0; i < report.cases.size(); ++i) {
    const CaseReport& one = report.cases[i];
    const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(one.result.wall_time);
    text += "case " + std::to_string(i + 1) + ": " + std::string(to_string(one.verdict)) + ", " +
            std::to_string(wall.count()) + " ms";
    if (one.verdict != Verdict::ok) text += ": " + one.reason;
    text += "\n";
    for (const std::string* stream : {&one.out, &one.err}) {
      text += *stream;
      if (!stream->empty() && stream->back() != '\n') text += '\n';
    }
  }
  return text;
}

Rendered tokens_text(const Report& report) {
  Rendered text{report.cases.empty() ? report.out : cases_text(report), report.err};
  // cloche writes a setup error as a line, so it ends with a line break.
  if (report.verdict == Verdict::setup_error) text.err += '\n';
  return text;
}

}  // namespace

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
