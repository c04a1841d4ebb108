#include "runner/request/statements.h"

#include <optional>
#include <string_view>

namespace cloche::runner {

namespace {

// A line "PREFIX @WORD: REST", where PREFIX is any mix of the signs that begin comments.
struct Line {
  std::size_t start = 0;  // of the line
  std::size_t end = 0;    // of the line, before its line break
  std::string_view word;
  std::string_view rest;
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

// Takes the word up to a blank or colon, and skips one colon and blanks after it.
std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find_first_of(" \t\r:"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  if (text.starts_with(':')) text.remove_prefix(1);
  text = trimmed(text);
  return word;
}

// The next statement at `from` or later. Only lines with an '@' are looked at.
std::optional<Line> next_line(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('@', from); at != text.npos; at = text.find('@', at + 1)) {
    const auto break_before = at == 0 ? text.npos : text.rfind('\n', at - 1);
    Line line;
    line.start = break_before == text.npos ? 0 : break_before + 1;
    const std::string_view prefix = text.substr(line.start, at - line.start);
    if (prefix.find_first_not_of(" \t#|/*") != prefix.npos) {
      // No other '@' on this line can begin a statement. Skip the line, so that a long line is
      // looked at only once.
      const auto line_break = text.find('\n', at);
      if (line_break == text.npos) return std::nullopt;
      at = line_break;
      continue;
    }
    line.end = std::min(text.find('\n', at), text.size());
    line.rest = text.substr(at + 1, line.end - at - 1);
    line.word = take_word(line.rest);
    return line;
  }
  return std::nullopt;
}

// The key of "@config: KEY VALUE" and of "@KEY VALUE"; the rest of the line becomes the value.
std::string_view statement_key(Line& line) {
  if (line.word != "config") return line.word;
  return take_word(line.rest);
}

void split_files(std::string& text, std::map<std::string, std::string>& files) {
  std::string kept;
  std::string name;
  bool any = false;
  std::size_t section = 0;  // the start of the current section, its line break included
  const auto finish = [&](std::size_t end) {
    if (!any) {
      kept = text.substr(0, end);
    } else if (!name.empty()) {
      files[name] = section < end ? text.substr(section + 1, end - section - 1) : std::string();
    }
  };
  std::size_t from = 0;
  while (auto line = next_line(text, from)) {
    from = line->end;
    if (line->word != "config" || statement_key(*line) != "split-file" || line->rest.empty())
      continue;
    finish(line->start);
    any = true;
    name = std::string(line->rest);
    section = line->end;
  }
  if (!any) return;
  finish(text.size());
  text = std::move(kept);
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto item = trimmed(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

void carry_out(Request& request, Line line) {
  const bool config = line.word == "config";
  const std::string_view key = statement_key(line);
  const std::string value(line.rest);
  if (value.empty()) return;
  if (key == "include-external") {
    request.options["externalIncludes"].push_back(value);
  } else if (key == "reference") {
    request.options["references"].push_back(value);
  } else if (key == "use-database") {
    request.options["useDatabase"] = {value};
  } else if (!config) {
    return;
  } else if (key == "bash-file") {
    request.bash_file = value;
  } else if (key == "bash") {
    request.bash = value;
  } else if (key == "solution-path") {
    request.solution_path = value;
  } else if (key == "services") {
    request.services = comma_list(line.rest);
  } else if (key == "github-repo") {
    request.github_repo = value;
  } else if (key == "gist") {
    request.gist = value;
  }
}

}  // namespace

void apply_statements(Request& request) {
  split_files(request.setup, request.files);
  split_files(request.solution, request.files);
  split_files(request.fixture, request.files);
  const std::string& setup = request.setup;
  std::size_t from = 0;
  while (const auto line = next_line(setup, from)) {
    from = line->end;
    carry_out(request, *line);
  }
}

}  // namespace cloche::runner
