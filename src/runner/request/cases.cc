#include "runner/request/cases.h"

#include "cloche/error.h"
#include "runner/request/request_values.h"

namespace cloche::runner {

namespace {

Case read_case(const Node& node) {
  node.allow_only({"stdin", "arguments", "expected"});
  Case one;
  if (const auto found = node.find("stdin")) one.stdin_data = scalar(*found);
  if (const auto found = node.find("arguments")) one.arguments = list(*found);
  if (const auto found = node.find("expected"); found && !found->json().is_null())
    one.expected = scalar(*found);
  return one;
}

}  // namespace

std::vector<Case> read_cases(const Node& list) {
  std::vector<Case> cases;
  for (const Node& node : list.elements()) cases.push_back(read_case(node));
  if (cases.empty()) list.fail("a case is missing");
  return cases;
}

std::vector<Case> parse_cases(std::string_view text, const std::string& document) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && text[first] == '[') {
    const Json json = parse_json(text, document);
    return read_cases(Node(json, document));
  }
  std::vector<Case> cases;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const std::string place = document + ", line " + std::to_string(number);
    const Json json = parse_json(line, place);
    cases.push_back(read_case(Node(json, place)));
  }
  if (cases.empty())
    throw Error(ErrorKind::bad_data, "read " + document + ": a case is missing", 0,
                "a JSON array of objects, or one object a line");
  return cases;
}

}  // namespace cloche::runner
