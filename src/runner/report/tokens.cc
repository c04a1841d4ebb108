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

bool is_token(const Event& event) {
  return event.tag != "SYNC" && event.tag != "END" && event.tag != "VALUE" &&
         event.tag != "NOVALUE";
}

std::string render_token(const Event& event) {
  if (event.tag == "SKIPPED" || !is_token(event)) return {};
  std::string line;
  line.reserve(event.text.size() + event.label.size() + 32);
  if (event.lead) line += '\n';
  line += '<' + event.tag + ':';
  append_encoded(line, event.mode);
  line += ':';
  append_encoded(line, event.label);
  line += '>';
  append_encoded(line, event.text);
  line += '\n';
  return line;
}

}  // namespace cloche::runner
