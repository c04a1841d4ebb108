#include "cli/doctor_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/host_text.h"
#include "cli/terminal.h"
#include "cloche/host.h"
#include "util/file.h"

namespace cloche::cli {

void add_doctor_command(CLI::App& app, std::function<int()>& action) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand(
      "doctor", "Report which features this host offers and lacks, and how to get them");
  command->add_flag("--json", *as_json, "As JSON");
  command->callback([as_json, &action] {
    action = [as_json] {
      const HostReport report = inspect_host();
      write_all(STDOUT_FILENO, *as_json ? host_json(report) : host_text(report, wants_colour()),
                "standard output");
      return host_status(report);
    };
  });
}

}  // namespace cloche::cli
