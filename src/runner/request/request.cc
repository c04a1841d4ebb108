#include "runner/request/request.h"

#include <functional>

#include "cloche/error.h"
#include "runner/request/request_values.h"
#include "runner/run/cases.h"
#include "util/json_node.h"
#include "util/json_text.h"
#include "util/quantity.h"

namespace cloche::runner {

namespace {

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

// A limit of time: in ms, and 0 or nothing for the default.
struct TimeKey {
  const char* name;
  std::optional<std::chrono::milliseconds> Request::*field;
};
constexpr TimeKey kTimes[] = {
    {"timeout", &Request::timeout},
    {"compileTimeout", &Request::compile_timeout},
    {"cpuTime", &Request::cpu_time},
    {"compileCpuTime", &Request::compile_cpu_time},
};

struct SizeKey {
  const char* name;
  std::optional<std::uint64_t> Request::*field;
};
constexpr SizeKey kSizes[] = {
    {"memory", &Request::memory_bytes},
    {"compileMemory", &Request::compile_memory_bytes},
};

// False if the key is no limit.
bool take_limit(Request& request, const std::string& key, const Node& node) {
  const auto given = [&]() -> std::optional<std::string> {
    const std::string text = scalar(node);
    return text.empty() || text == "0" ? std::nullopt : std::optional(text);
  };
  for (const TimeKey& time : kTimes) {
    if (key != time.name) continue;
    const auto text = given();
    request.*time.field = text ? std::optional(parse_milliseconds(*text, key)) : std::nullopt;
    return true;
  }
  for (const SizeKey& size : kSizes) {
    if (key != size.name) continue;
    const auto text = given();
    request.*size.field = text ? std::optional(parse_memory(*text, key)) : std::nullopt;
    return true;
  }
  if (key != "cpus") return false;
  const auto text = given();
  request.cpus = text ? std::optional(parse_cpus(*text, key)) : std::nullopt;
  return true;
}

// `object` is the text of the call, from which its arguments are taken as they are written.
Call take_call(const Node& node, std::string_view object) {
  node.allow_only({"entry", "args"});
  Call call;
  call.entry = scalar(node.at("entry"));
  call.arguments = std::string(member_text(object, "args").value_or("[]"));
  return call;
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
  // Afterwards: "code" goes before "solution", wherever it stands; a call needs its own text.
  if (key == "code" || key == "call") return;
  if (key == "files") return take_files(request, node);
  if (key == "services") {
    request.services = list(node);
  } else if (key == "arguments") {
    request.arguments = list(node);
  } else if (take_limit(request, key, node)) {
    return;
  } else if (key == "cases") {
    if (!node.json().is_null()) request.cases = read_cases(node);
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
  if (const auto call = top.find("call"); call && !call->json().is_null())
    options.request.call = take_call(*call, member_text(json, "call").value_or(""));
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
