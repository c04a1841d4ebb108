// Services that programs can use, such as a database server: profiles/services/NAME.json.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace cloche::runner {

struct Service {
  std::string name;
  // Runs for as long as the service does, or ends with exit code 0 once the service runs in the
  // background.
  std::vector<std::string> start;
  // The service is ready when this program succeeds or, if it is empty, when the service prints
  // `ready_output`.
  std::vector<std::string> ready;
  std::string ready_output;
  std::chrono::milliseconds ready_limit{10000};
  std::vector<std::string> stop;  // empty: the service keeps nothing, and is killed
};

// Reads one service. `document` names it in errors. Throws Error bad_data.
Service parse_service(std::string_view json, const std::string& name, const std::string& document);

// Reads the service of that name below data_path("profiles/services"). Throws Error: no_input,
// bad_data.
Service find_service(const std::string& name);

}  // namespace cloche::runner
