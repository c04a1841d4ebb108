#include "runner/request/request.h"

#include "cloche/error.h"
#include "runner/request/cases.h"
#include "runner/request/request_values.h"
#include "util/json_node.h"
#include "util/json_text.h"
#include "util/quantity.h"

namespace cloche::runner {

namespace {

// The nesting allowed in a request. The arguments of a call are two levels deeper in a request than
// in a call.
constexpr std::size_t kRequestNesting = kMostNesting + 2;

void check_directory(const Node& node) {
  std::string path = scalar(node);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path.empty() || path == "/workspace" || path == "/home/codewarrior") return;
  node.fail("the work directory is always /workspace (also called /home/codewarrior)");
}

Network network(const Node& node) {
  const std::string name = scalar(node);
  if (name == "none") return Network::none;
  if (name == "loopback" || name.empty()) return Network::loopback;
  node.fail("the network is \"none\" or \"loopback\"");
}

// A value of 0, null or an empty text leaves a limit at its default.
std::optional<std::string> limit_text(const Node& node) {
  const std::string text = scalar(node);
  return text.empty() || text == "0" ? std::nullopt : std::optional(text);
}

// The document that receives the values of an object.
struct Target {
  RequestDocument& document;
  std::string_view text;  // of the object
};

template <std::string Request::*field>
void take_text(Target& to, const char*, const Node& node) {
  to.document.request.*field = scalar(node);
}

template <std::vector<std::string> Request::*field>
void take_list(Target& to, const char*, const Node& node) {
  to.document.request.*field = list(node);
}

template <typename Value, std::optional<Value> Request::*field,
          Value (*parse)(const std::string&, const std::string&)>
void take_limit(Target& to, const char* key, const Node& node) {
  const auto text = limit_text(node);
  to.document.request.*field = text ? std::optional(parse(*text, key)) : std::nullopt;
}

template <std::optional<std::chrono::milliseconds> Request::*field>
constexpr auto take_time = take_limit<std::chrono::milliseconds, field, parse_milliseconds>;
template <std::optional<std::uint64_t> Request::*field>
constexpr auto take_memory = take_limit<std::uint64_t, field, parse_memory>;

void take_code(Target& to, const char*, const Node& node) {
  if (!node.json().is_null()) to.document.request.solution = scalar(node);
}

// The arguments of a call stay as text, because a number may be larger than any number type here.
void take_call(Target& to, const char*, const Node& node) {
  if (node.json().is_null()) return;
  node.allow_only({"entry", "args"});
  const std::string_view object = member_text(to.text, "call").value_or("");
  to.document.request.call =
      Call{scalar(node.at("entry")), std::string(member_text(object, "args").value_or("[]"))};
}

void take_files(Target& to, const char*, const Node& node) {
  if (node.json().is_null()) return;
  for (const auto& [path, content] : node.members())
    to.document.request.files[path] = scalar(content);
}

void take_cases(Target& to, const char*, const Node& node) {
  if (!node.json().is_null()) to.document.request.cases = read_cases(node);
}

void take_network(Target& to, const char*, const Node& node) {
  to.document.request.network = network(node);
}

void take_strict(Target& to, const char*, const Node& node) {
  to.document.request.strict = truth(node);
}

void take_compat(Target& to, const char*, const Node& node) {
  const std::string name = scalar(node);
  if (!name.empty() && name != kCodewars) node.fail("the only value of compat is \"codewars\"");
  to.document.request.compat = name.empty() ? Compat::none : Compat::codewars;
}

void take_format(Target& to, const char*, const Node& node) {
  to.document.format = scalar(node);
}

void take_debug(Target& to, const char*, const Node& node) {
  to.document.debug = truth(node);
}

void take_directory(Target&, const char*, const Node& node) {
  check_directory(node);
}

struct Field {
  const char* key;
  void (*take)(Target& to, const char* key, const Node& node);
  bool last = false;  // taken after the fields that it overrides, wherever it is written
};

// All keys of a request, except the options of profiles.
constexpr Field kFields[] = {
    {"language", take_text<&Request::language>},
    {"languageVersion", take_text<&Request::version>},
    {"testFramework", take_text<&Request::framework>},
    {"test-framework", take_text<&Request::framework>},
    {"solution", take_text<&Request::solution>},
    {"code", take_code, true},
    {"setup", take_text<&Request::setup>},
    {"fixture", take_text<&Request::fixture>},
    {"files", take_files},
    {"entryFile", take_text<&Request::entry_file>},
    {"bash", take_text<&Request::bash>},
    {"bashFile", take_text<&Request::bash_file>},
    {"solutionPath", take_text<&Request::solution_path>},
    {"timeout", take_time<&Request::timeout>},
    {"memory", take_memory<&Request::memory_bytes>},
    {"cpuTime", take_time<&Request::cpu_time>},
    {"cpus", take_limit<double, &Request::cpus, parse_cpus>},
    {"compileTimeout", take_time<&Request::compile_timeout>},
    {"compileMemory", take_memory<&Request::compile_memory_bytes>},
    {"compileCpuTime", take_time<&Request::compile_cpu_time>},
    {"network", take_network},
    {"strict", take_strict},
    {"image", take_text<&Request::image>},
    {"stdin", take_text<&Request::stdin_data>},
    {"arguments", take_list<&Request::arguments>},
    {"cases", take_cases},
    {"call", take_call, true},
    {"compat", take_compat},
    {"format", take_format},
    {"debug", take_debug},
    {"dir", take_directory},
    {"services", take_list<&Request::services>},
    {"githubRepo", take_text<&Request::github_repo>},
    {"gist", take_text<&Request::gist>},
};

const Field* find_field(std::string_view key) {
  for (const Field& field : kFields)
    if (key == field.key) return &field;
  return nullptr;
}

// Takes a key that is no field as an option, for profiles to read. A value that no profile can use
// is ignored, because callers send keys of their own.
void take_option(Request& request, const std::string& key, const Node& node) {
  if (is_scalar(node)) {
    request.options[key] = {scalar(node)};
  } else if (node.json().is_array()) {
    std::vector<std::string> items;
    for (const Node& element : node.elements())
      if (is_scalar(element)) items.push_back(scalar(element));
    request.options[key] = std::move(items);
  }
}

void take_all(RequestDocument& document, std::string_view json, const std::string& name) {
  const Json value = parse_json(json, name, kRequestNesting);
  const auto members = Node(value, name).members();
  Target target{document, json};
  for (const bool last : {false, true})
    for (const auto& [key, node] : members) {
      const Field* field = find_field(key);
      if (field != nullptr && field->last == last) field->take(target, field->key, node);
      if (field == nullptr && !last) take_option(document.request, key, node);
    }
}

}  // namespace

std::vector<std::string> request_keys() {
  std::vector<std::string> keys;
  for (const Field& field : kFields) keys.emplace_back(field.key);
  return keys;
}

RequestDocument parse_request_document(std::string_view json, const std::string& name) {
  RequestDocument document;
  take_all(document, json, name);
  return document;
}

void merge_request(Request& request, std::string_view json, const std::string& name) {
  RequestDocument document;
  document.request = std::move(request);
  take_all(document, json, name);
  request = std::move(document.request);
}

Request parse_request(std::string_view json, const std::string& what) {
  return parse_request_document(json, what).request;
}

}  // namespace cloche::runner
