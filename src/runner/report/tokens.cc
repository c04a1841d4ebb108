#include "runner/report/tokens.h"

namespace cloche::runner {

namespace {

void append_encoded(std::string& line, const std::string& text) {
  for (const char c : text) {
    if (c == '\n')
      line += "<:LF:>";
    else
      line += c;
  }
}

}  // namespace

std::string render_token(const Event& event) {
  if (event.tag == Tag::skipped || !is_token(event.tag)) return {};
  std::string line;
  line.reserve(event.text.size() + event.label.size() + 32);
  if (event.lead) line += '\n';
  line += '<';
  line += name_of(event.tag);
  line += ':';
  append_encoded(line, event.mode);
  line += ':';
  append_encoded(line, event.label);
  line += '>';
  append_encoded(line, event.text);
  line += '\n';
  return line;
}

}  // namespace cloche::runner
