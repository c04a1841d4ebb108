#include "runner/report/tree_text.h"

#include "runner/report/colours.h"
#include "runner/report/tree_writer.h"

namespace cloche::runner {

std::string harmless(const std::string& text, bool colour) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0x1b) {
      if (const std::size_t length = colour_sequence(text, i); length > 0) {
        if (colour) safe.append(text, i, length);
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

std::size_t incomplete_sequence(std::string_view text) {
  if (text.ends_with('\xc2')) return 1;
  constexpr std::size_t kLongest = 34;
  const std::size_t escape = text.rfind('\x1b');
  if (escape == text.npos || text.size() - escape > kLongest) return 0;
  const std::string_view begun = text.substr(escape);
  const bool complete =
      begun.size() > 1 &&
      (begun[1] != '[' || begun.find_first_not_of("0123456789;", 2) != begun.npos);
  return complete ? 0 : begun.size();
}

Rendered tree_text(const Report& report, bool colour) {
  TreeWriter writer(colour);
  if (report.test_mode && !report.compilation_failure) {
    writer.block("", without_blank_ends(report.tests.output));
    for (const Test& child : report.tests.children) writer.test("", child);
    writer.standard_error(report.err);
    writer.line("");
    writer.summary(report);
    return {writer.take(), {}};
  }
  if (!report.cases.empty()) {
    for (std::size_t i = 0; i < report.cases.size(); ++i) writer.one_case(i + 1, report.cases[i]);
    writer.summary(report);
    return {writer.take(), {}};
  }
  Rendered text{writer.safe(report.out), writer.safe(report.err)};
  if (report.verdict == Verdict::ok) return text;
  const std::string& last = text.err.empty() ? text.out : text.err;
  if (!last.empty() && last.back() != '\n') text.err += '\n';
  writer.summary(report);
  // A setup error needs no summary: its message is already on standard error.
  if (report.verdict != Verdict::setup_error) text.err += writer.text();
  return text;
}

}  // namespace cloche::runner
