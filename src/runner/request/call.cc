#include "runner/request/call.h"

#include "cloche/error.h"
#include "util/json_node.h"
#include "util/json_text.h"

namespace cloche::runner {

namespace {

constexpr std::size_t kLongestEntry = 1000;
constexpr std::size_t kLongestReason = 1000;

}  // namespace

void CallOutcome::take_value(std::string_view text) {
  again = again || json || error;
  if (again) return;
  json = compact_json(text);
  if (!json)
    error = "the value that came is not JSON, or is nested more than " +
            std::to_string(kMostNesting) + " deep";
}

void CallOutcome::take_error(std::string text) {
  again = again || json || error;
  if (again) return;
  if (text.size() > kLongestReason) text.resize(kLongestReason);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  error = std::move(text);
}

std::string call_document(const Call& call, bool named, const std::string& language) {
  const auto refuse = [](const std::string& what, const std::string& hint) {
    throw Error(ErrorKind::usage, what, 0, hint);
  };
  if (call.entry.empty()) refuse("call a function without a name", "name it with \"entry\"");
  if (call.entry.size() > kLongestEntry)
    refuse("call a function whose name is longer than " + std::to_string(kLongestEntry) + " bytes",
           "");
  const auto arguments = compact_json(call.arguments.empty() ? "[]" : call.arguments);
  const char first = arguments ? arguments->front() : ' ';
  if (first != '[' && first != '{')
    refuse("call " + call.entry + ": its arguments are no JSON array" + (named ? " or object" : ""),
           "such as [1, \"two\"]; nested at most " + std::to_string(kMostNesting) + " deep");
  if (first == '{' && !named)
    refuse("call " + call.entry + " with an object of arguments: " + language +
               " has no named arguments",
           "give a JSON array");
  Json entry = call.entry;
  std::string name;
  try {
    name = entry.dump(-1, ' ', true);
  } catch (const Json::exception&) {
    refuse("call a function whose name is not UTF-8", "");
  }
  return "{\"entry\":" + name + ",\"args\":" + *arguments + "}";
}

}  // namespace cloche::runner
