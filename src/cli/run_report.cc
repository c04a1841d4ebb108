#include "cli/run_report.h"

#include <unistd.h>

#include "cli/exit_status.h"
#include "cli/image/progress_bar.h"
#include "cli/pretty.h"
#include "cli/report_text.h"
#include "cli/signals.h"
#include "cloche/error.h"
#include "image/build/build.h"
#include "runner/report/report_json.h"
#include "util/file.h"

namespace cloche::cli {

namespace {

constexpr int kSignalBase = 128;

void print(const runner::Report& report, const RunSettings& settings) {
  std::string format = settings.format;
  if (format.empty()) format = ::isatty(STDOUT_FILENO) == 1 ? "pretty" : "default";
  if (format == "json") {
    write_all(STDOUT_FILENO, runner::report_json(report), "standard output");
  } else if (format == "pretty") {
    const Pretty text = pretty(report, wants_colour());
    write_all(STDOUT_FILENO, text.out, "standard output");
    write_all(STDERR_FILENO, text.err, "standard error");
  } else {
    print_default(report, settings.debug);
  }
}

void build_image(const runner::Runner& runner, const runner::Request& request) {
  const std::string name = runner.plan(request).image;
  ProgressBar bar(name);
  image::Store store = runner.store();
  image::BuildOptions options;
  options.progress = [&](const std::string& what, std::uint64_t done, std::uint64_t of) {
    bar.update(what, done, of);
  };
  image::build(store, name, options);
}

}  // namespace

void check_format(const std::string& format) {
  if (format.empty() || format == "default" || format == "json" || format == "pretty") return;
  throw Error(ErrorKind::usage, "print in the format \"" + format + "\"", 0,
              "format must be one of: default, json, pretty");
}

int run_and_report(const runner::Request& request, const RunSettings& settings) {
  check_format(settings.format);
  const runner::Runner runner;
  runner::RunOptions options;
  options.throw_setup_errors = !settings.from_object;
  if (settings.forward_stdin) options.stdin_fd = STDIN_FILENO;
  runner::Report report;
  int stopped_by = 0;
  // Signals are held back only while there is a sandbox to be ended in order: building an image and
  // printing can just be interrupted.
  const auto attempt = [&] {
    StopSignals stop;
    options.cancel_fd = stop.fd();
    report = runner.run(request, options);
    stopped_by = stop.received();
  };
  try {
    attempt();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::image_missing || ::isatty(STDERR_FILENO) != 1) throw;
    build_image(runner, request);
    attempt();
  }
  if (request.call && report.verdict != runner::Verdict::setup_error && settings.format != "json")
    print_call(report);
  else
    print(report, settings);
  if (report.verdict == runner::Verdict::cancelled) return kSignalBase + stopped_by;
  return settings.check || request.call ? check_status(report.verdict) : run_status(report.verdict);
}

}  // namespace cloche::cli
