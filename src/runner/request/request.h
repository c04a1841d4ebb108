// A request as JSON: the options object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cloche/runner.h"

namespace cloche::runner {

// The value of the key "compat" and of the option --compat.
inline constexpr const char* kCodewars = "codewars";

// A request together with the keys of its object that say how to print the report.
struct RequestDocument {
  Request request;
  std::string format;  // empty if not given
  bool debug = false;
};

// The keys that cloche reads itself, in the order of its table. The command, the service and
// projects all read requests with this one table; docs/running.md and openapi.json describe each
// key. Every other key is an option for profiles.
std::vector<std::string> request_keys();

// `name` names the object in errors. Throws Error: bad_data, usage.
RequestDocument parse_request_document(std::string_view json, const std::string& name);

// Overrides keys of `request` with those of another object (.runner/config.json). Throws as
// parse_request_document().
void merge_request(Request& request, std::string_view json, const std::string& name);

}  // namespace cloche::runner
