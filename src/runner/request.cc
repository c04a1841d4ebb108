#include "runner/request.h"

#include <functional>

#include "cloche/error.h"
#include "runner/json_node.h"
#include "util/quantity.h"

namespace cloche::runner {

namespace {

// Callers send version 3.6 as a number and code such as 12 too: both mean their text.
std::string scalar(const Node& node) {
  const Json& value = node.json();
  if (value.is_null()) return {};
  if (value.is_string()) return node.text();
  if (value.is_number() || value.is_boolean()) return value.dump();
  node.fail("a text is wanted");
}

bool is_scalar(const Node& node) {
  return node.json().is_primitive();
}

// A list, or one text that may hold several separated by commas.
std::vector<std::string> list(const Node& node) {
  std::vector<std::string> items;
  if (node.json().is_array()) {
    for (const Node& element : node.elements()) items.push_back(scalar(element));
    return items;
  }
  const std::string text = scalar(node);
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::size_t first = text.find_first_not_of(' ', start);
    if (first < comma)
      items.push_back(text.substr(first, text.find_last_not_of(' ', comma - 1) + 1 - first));
    start = comma + 1;
  }
  return items;
}

bool truth(const Node& node) {
  const Json& value = node.json();
  if (value.is_boolean()) return value.get<bool>();
  const std::string text = scalar(node);
  return !text.empty() && text != "0" && text != "false";
}

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

void take_limits(Request& request, const std::string& key, const Node& node) {
  const std::string text = scalar(node);
  const bool absent = text.empty() || text == "0";
  if (key == "timeout") {
    request.timeout.reset();
    if (!absent) request.timeout = parse_milliseconds(text, "timeout");
  } else if (key == "memory") {
    request.memory_bytes.reset();
    if (!absent) request.memory_bytes = parse_memory(text, "memory");
  } else {
    request.cpus.reset();
    if (!absent) request.cpus = parse_cpus(text, "cpus");
  }
}

void take_files(Request& request, const Node& node) {
  if (node.json().is_null()) return;
  for (const auto& [path, content] : node.members()) request.files[path] = scalar(content);
}

struct TextKey {
  const char* name;
  std::string Request::*field;
};
constexpr TextKey kTexts[] = {
    {"language", &Request::language},
    {"languageVersion", &Request::version},
    {"testFramework", &Request::framework},
    {"test-framework", &Request::framework},
    {"solution", &Request::solution},
    {"setup", &Request::setup},
    {"fixture", &Request::fixture},
    {"entryFile", &Request::entry_file},
    {"bash", &Request::bash},
    {"bashFile", &Request::bash_file},
    {"solutionPath", &Request::solution_path},
    {"githubRepo", &Request::github_repo},
    {"gist", &Request::gist},
    {"image", &Request::image},
    {"stdin", &Request::stdin_data},
};

void take(Options& options, const std::string& key, const Node& node) {
  Request& request = options.request;
  for (const TextKey& text : kTexts) {
    if (key != text.name) continue;
    request.*text.field = scalar(node);
    return;
  }
  if (key == "code") return;  // afterwards: it goes before "solution", wherever it stands
  if (key == "files") return take_files(request, node);
  if (key == "services") {
    request.services = list(node);
  } else if (key == "arguments") {
    request.arguments = list(node);
  } else if (key == "timeout" || key == "memory" || key == "cpus") {
    take_limits(request, key, node);
  } else if (key == "network") {
    request.network = network(node);
  } else if (key == "strict") {
    request.strict = truth(node);
  } else if (key == "format") {
    options.format = scalar(node);
  } else if (key == "debug") {
    options.debug = truth(node);
  } else if (key == "dir") {
    check_directory(node);
  } else if (is_scalar(node)) {
    request.options[key] = {scalar(node)};
  } else if (node.json().is_array()) {
    // Callers may send what is not ours; only what a profile could use is kept.
    std::vector<std::string> items;
    for (const Node& element : node.elements())
      if (is_scalar(element)) items.push_back(scalar(element));
    request.options[key] = std::move(items);
  }
}

void take_all(Options& options, std::string_view json, const std::string& document) {
  const Json value = parse_json(json, document);
  const Node top(value, document);
  for (const auto& [key, node] : top.members()) take(options, key, node);
  if (const auto code = top.find("code"); code && !code->json().is_null())
    options.request.solution = scalar(*code);
}

}  // namespace

Options parse_options(std::string_view json, const std::string& document) {
  Options options;
  take_all(options, json, document);
  return options;
}

void merge_options(Request& request, std::string_view json, const std::string& document) {
  Options options;
  options.request = std::move(request);
  take_all(options, json, document);
  request = std::move(options.request);
}

Request parse_request(std::string_view json, const std::string& what) {
  return parse_options(json, what).request;
}

}  // namespace cloche::runner
