#include "cli/run_report.h"

#include <unistd.h>

#include "cli/exit_status.h"
#include "cli/image/progress_bar.h"
#include "cli/report_text.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cloche/error.h"
#include "cloche/report.h"
#include "image/build/build.h"
#include "util/file.h"

namespace cloche::cli {

namespace {

void print(const runner::Report& report, const RunSettings& settings) {
  const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
  const runner::Format format = settings.format.empty()
                                    ? (on_terminal ? runner::Format::tree : runner::Format::tokens)
                                    : *runner::parse_format(settings.format);
  runner::Rendered text = render(report, format, {wants_colour()});
  if (format == runner::Format::tokens) complete_tokens(text, report, settings.debug);
  write_all(STDOUT_FILENO, text.out, "standard output");
  write_all(STDERR_FILENO, text.err, "standard error");
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
  if (format.empty() || runner::parse_format(format)) return;
  std::string names;
  for (const std::string_view name : runner::format_names())
    names += (names.empty() ? "" : ", ") + std::string(name);
  throw Error(ErrorKind::usage, "print in the format \"" + format + "\"", 0,
              "format must be one of: " + names);
}

int run_and_report(const runner::Request& request, const RunSettings& settings) {
  check_format(settings.format);
  const runner::Runner runner;
  runner::RunOptions options;
  options.throw_setup_errors = !settings.from_object;
  if (settings.forward_stdin) options.stdin_fd = STDIN_FILENO;
  runner::Report report;
  int stopped_by = 0;
  // Signals are caught only while a sandbox exists, so that it is removed properly. Signals
  // interrupt the building of an image and the printing as usual.
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
