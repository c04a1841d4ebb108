// The options of `cloche serve`, which override its configuration file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/config.h"

namespace CLI {
class App;
}

namespace cloche::cli {

struct ServeOptions {
  std::string config_file;  // empty for none
  std::vector<std::string> listen;
  std::optional<std::string> tokens, auth_url, log_format, log_level;
  std::optional<std::uint32_t> cores, queue;
  std::optional<std::string> memory;
  bool no_playground = false;
  bool check = false;
  std::string port_file;  // the file that receives the first TCP port
  std::string new_token;  // a name: print a fresh token and end
};

void add_options(CLI::App& app, ServeOptions& options);

// The configuration: that of the file, overridden by the options. Throws Error.
service::ServiceConfig read_config(const ServeOptions& options);

}  // namespace cloche::cli
