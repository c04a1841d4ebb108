#include "cli/report_text.h"

#include <unistd.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

#include "util/file.h"

namespace cloche::cli {

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

void append_composed(std::string& text, std::string_view line) {
  utf8proc_uint8_t* composed = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(line.data()),
                   static_cast<utf8proc_ssize_t>(line.size()), &composed,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (size >= 0)
    text.append(reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size));
  else
    text += line;
  std::free(composed);
}

}  // namespace

std::string normalised(const std::string& text) {
  if (is_ascii(text)) return text;
  std::string composed;
  composed.reserve(text.size());
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line(text.data() + start, end - start);
    if (is_ascii(line))
      composed += line;
    else
      append_composed(composed, line);
    if (end < text.size()) composed += '\n';
    start = end + 1;
  }
  return composed;
}

// The text of a stream as the report's rules have it.
static std::string shown(const runner::Report& report, std::string text) {
  return report.compat == runner::Compat::codewars ? normalised(text) : text;
}

void print_call(const runner::Report& report) {
  write_all(STDERR_FILENO, shown(report, report.out) + shown(report, report.err), "standard error");
  if (report.value) write_all(STDOUT_FILENO, *report.value + "\n", "standard output");
}

void complete_tokens(runner::Rendered& text, const runner::Report& report, bool debug) {
  text.out = shown(report, std::move(text.out));
  text.err = shown(report, std::move(text.err));
  if (!debug) return;
  const auto wall = report.step_ran ? report.result.wall_time : std::chrono::nanoseconds(0);
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(wall);
  text.out += std::to_string(whole.count()) + "ms\n";
}

}  // namespace cloche::cli
