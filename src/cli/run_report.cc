#include "cli/run_report.h"

#include <unistd.h>

#include <memory>

#include "cli/background_writer.h"
#include "cli/exit_status.h"
#include "cli/image/progress_bar.h"
#include "cli/report_text.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cloche/error.h"
#include "cloche/report.h"
#include "image/build/build.h"
#include "runner/report/live.h"

namespace cloche::cli {

namespace {

runner::Format format_of(const RunSettings& settings) {
  if (!settings.format.empty()) return *runner::parse_format(settings.format);
  return ::isatty(STDOUT_FILENO) == 1 ? runner::Format::tree : runner::Format::tokens;
}

// Prints a run: at once what the format can show at once, and the rest when there is a report.
class Printer {
 public:
  Printer(const runner::Runner& runner, const runner::Request& request, const RunSettings& settings)
      : settings_(settings), format_(format_of(settings)) {
    const bool by_parts = format_ == runner::Format::tokens || format_ == runner::Format::tree;
    // The clean-up of old runs needs all of the output, and a call prints to standard error only.
    if (!by_parts || request.call || request.compat != runner::Compat::none) return;
    runner::LiveOptions options{format_, {wants_colour()}};
    options.tests = format_ == runner::Format::tree && has_tests(runner, request);
    options.terminal = ::isatty(STDOUT_FILENO) == 1 && wants_colour();
    live_ = live_text(options, [this](int fd, std::string_view text) { writer_.put(fd, text); });
  }

  void listen(runner::Observer& observer) {
    if (live_) live_->listen(observer);
  }

  void finish(const runner::Report& report) {
    runner::Rendered text = live_ ? live_->rest(report) : render(report, format_, {wants_colour()});
    if (format_ == runner::Format::tokens) complete_tokens(text, report, settings_.debug);
    writer_.put(STDOUT_FILENO, text.out);
    writer_.put(STDERR_FILENO, text.err);
    writer_.finish();
  }

 private:
  // False for a request that cannot be served, which run() reports.
  static bool has_tests(const runner::Runner& runner, const runner::Request& request) {
    try {
      return runner.plan(request).test_mode;
    } catch (const Error&) {
      return false;
    }
  }

  const RunSettings& settings_;
  const runner::Format format_;
  BackgroundWriter writer_;
  std::unique_ptr<runner::LiveText> live_;
};

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
  Printer printer(runner, request, settings);
  printer.listen(options.observer);
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
    printer.finish(report);
  if (report.verdict == runner::Verdict::cancelled) return kSignalBase + stopped_by;
  return settings.check || request.call ? check_status(report.verdict) : run_status(report.verdict);
}

}  // namespace cloche::cli
