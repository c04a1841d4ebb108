#include "cli/serve/options.h"

#include <CLI/CLI.hpp>

#include "util/file.h"
#include "util/quantity.h"

namespace cloche::cli {

void add_options(CLI::App& app, ServeOptions& options) {
  app.add_option("--config", options.config_file, "Configuration file (TOML)")->type_name("FILE");
  app.add_option("--listen", options.listen,
                 "HOST:PORT or unix:PATH; repeatable (default: 127.0.0.1:8080)")
      ->type_name("ADDRESS")
      ->expected(1);
  app.add_option("--tokens", options.tokens, "File of bearer tokens")->type_name("FILE");
  app.add_option("--auth-url", options.auth_url, "Service to ask about tokens")->type_name("URL");
  app.add_option("--cores", options.cores, "Runs at one time (default: all CPUs)")->type_name("N");
  app.add_option("--memory", options.memory, "Memory of all runs together")->type_name("SIZE");
  app.add_option("--queue", options.queue, "Runs that may wait")->type_name("N");
  app.add_option("--log-format", options.log_format, "text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}).description(""));
  app.add_flag("--no-playground", options.no_playground, "Without the page at /");
  app.add_option("--port-file", options.port_file, "Write the first port to this file when ready")
      ->type_name("FILE");
  app.add_flag("--check", options.check, "Check the configuration and end");
  app.add_option("--new-token", options.new_token, "Print a fresh token for NAME and end")
      ->type_name("NAME");
}

service::ServiceConfig read_config(const ServeOptions& options) {
  service::ServiceConfig config;
  if (!options.config_file.empty())
    config = service::parse_config(read_file(options.config_file), options.config_file);
  if (!options.listen.empty()) config.listen = options.listen;
  if (options.tokens) {
    config.auth.mode = service::AuthMode::tokens;
    config.auth.tokens = *options.tokens;
  }
  if (options.auth_url) {
    config.auth.mode = service::AuthMode::introspection;
    config.auth.url = *options.auth_url;
  }
  if (options.cores) config.runs.cores = *options.cores;
  if (options.queue) config.runs.queue = *options.queue;
  if (options.memory) config.runs.memory_bytes = parse_memory(*options.memory, "--memory");
  if (options.log_format)
    config.log.format =
        *options.log_format == "json" ? service::LogFormat::json : service::LogFormat::text;
  if (options.log_level) {
    const std::string& level = *options.log_level;
    config.log.level = level == "debug"     ? service::LogLevel::debug
                       : level == "warning" ? service::LogLevel::warning
                       : level == "error"   ? service::LogLevel::error
                                            : service::LogLevel::info;
  }
  if (options.no_playground) config.playground = false;
  return config;
}

}  // namespace cloche::cli
