#include "runner/profile/service.h"

#include <algorithm>

#include "util/file.h"
#include "util/json_node.h"
#include "util/paths.h"

namespace cloche::runner {

namespace {

std::vector<std::string> read_argv(const Node& node) {
  std::vector<std::string> argv = node.at("argv").texts();
  if (argv.empty()) node.at("argv").fail("a program is missing");
  for (const std::string& word : argv)
    if (word.find('\0') != word.npos) node.at("argv").fail("a word holds a NUL byte");
  return argv;
}

std::vector<std::string> only_argv(const Node& node) {
  node.allow_only({"argv"});
  return read_argv(node);
}

void read_ready(Service& service, const Node& node) {
  node.allow_only({"argv", "output", "limit_ms"});
  const auto output = node.find("output");
  if (output.has_value() == node.find("argv").has_value())
    node.fail("a service is ready by \"argv\" or by \"output\"");
  if (output) {
    service.ready_output = output->text();
    if (service.ready_output.empty() ||
        service.ready_output.find_first_of(std::string("\n\0", 2)) != std::string::npos)
      output->fail("a text within one line is wanted");
  } else {
    service.ready = read_argv(node);
  }
  constexpr std::uint64_t kMost = 600'000;
  if (const auto limit = node.find("limit_ms"))
    service.ready_limit = std::chrono::milliseconds(std::min(limit->positive(), kMost));
}

}  // namespace

Service parse_service(std::string_view json, const std::string& name, const std::string& document) {
  const Json value = parse_json(json, document);
  const Node top(value, document);
  top.allow_only({"start", "ready", "stop"});
  Service service;
  service.name = name;
  service.start = only_argv(top.at("start"));
  read_ready(service, top.at("ready"));
  if (const auto stop = top.find("stop")) service.stop = only_argv(*stop);
  return service;
}

Service find_service(const std::string& name) {
  const std::string path = data_path("profiles/services") + "/" + name + ".json";
  return parse_service(read_file(path), name, path);
}

}  // namespace cloche::runner
