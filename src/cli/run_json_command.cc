#include "cli/run_json_command.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/run_report.h"
#include "runner/request/request.h"

namespace cloche::cli {

void add_run_json_command(CLI::App& app, std::function<int()>& action) {
  auto object = std::make_shared<std::string>();
  auto settings = std::make_shared<RunSettings>();
  CLI::App* command =
      app.add_subcommand("run-json", "Run code given as one JSON object (see docs/running.md)");
  command->add_option("object", *object, "The request as JSON")->required();
  command->add_flag("--check", settings->check, "Exit with a status for each verdict, as in `run`");
  command->callback([object, settings, &action] {
    action = [object, settings] {
      const runner::RequestDocument options =
          runner::parse_request_document(*object, "the request");
      settings->format = options.format;
      settings->debug = options.debug;
      settings->from_object = true;
      return run_and_report(options.request, *settings);
    };
  });
}

}  // namespace cloche::cli
