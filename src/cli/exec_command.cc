#include "cli/exec_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "cli/exec_options.h"
#include "cli/exit_status.h"
#include "cli/signals.h"
#include "cloche/error.h"
#include "cloche/sandbox.h"
#include "runner/report/result_json.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/json.h"

namespace cloche::cli {

namespace {

// Exit statuses of `cloche exec` itself. Every other status is the program's own.
constexpr int kSandboxFailed = 125;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

// The destination of a stream of the program.
class Sink {
 public:
  Sink(const std::string& path, int passed_through) : path_(path), fd_(passed_through) {
    if (path.empty()) return;
    file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file_) throw Error::from_errno("write " + path, errno);
    fd_ = file_.get();
  }
  bool to_file() const { return static_cast<bool>(file_); }
  void write(std::string_view bytes) const {
    write_all(fd_, bytes,
              !path_.empty()         ? path_
              : fd_ == STDOUT_FILENO ? "standard output"
                                     : "standard error");
  }

 private:
  const std::string path_;
  int fd_;
  UniqueFd file_;
};

int status_of_program(const Result& result, int stopped_by) {
  if (result.status == Status::not_started)
    return result.exec_errno == ENOENT ? kNotFound : kNotExecutable;
  if (result.status == Status::cancelled) return kSignalBase + stopped_by;
  if (result.signal) return kSignalBase + *result.signal;
  return result.exit_code.value_or(kSandboxFailed);
}

void complain(const Result& result, const std::string& program) {
  switch (result.status) {
    case Status::not_started:
    case Status::time_limit:
    case Status::memory_limit:
    case Status::output_limit:
    case Status::syscall_denied:
      std::fprintf(stderr, "cloche: %s: %s\n", program.c_str(), result.reason.c_str());
      break;
    default:
      break;
  }
  if (result.out.truncated || result.err.truncated)
    std::fprintf(stderr, "cloche: %s: output was cut at its limit\n", program.c_str());
}

std::string report(const Result& result, const SandboxTimes& times, const Sink& out,
                   const Sink& err) {
  Json json;
  json["status"] = to_string(result.status);
  json["reason"] = result.reason;
  json["reasonCode"] = to_string(result.reason_code);
  json["exitCode"] = runner::or_null(result.exit_code);
  json["exitSignal"] = runner::signal_or_null(result.signal);
  if (!out.to_file()) runner::put_output(json, "stdout", result.out.bytes);
  if (!err.to_file()) runner::put_output(json, "stderr", result.err.bytes);
  json["truncated"] = {{"stdout", result.out.truncated}, {"stderr", result.err.truncated}};
  json["usage"] = runner::usage_json(result);
  json["limits"] = runner::limits_json(result);
  json["phases"] = {{"prepare", runner::milliseconds(times.create)},
                    {"run", runner::milliseconds(result.wall_time)},
                    {"teardown", runner::milliseconds(times.teardown)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The image chooses the work directory if the caller does not. The caller may not know that choice,
// so its error gets a hint.
Result execute(Sandbox& sandbox, const Command& command, const ExecOptions& options,
               const Spec& spec) {
  try {
    return sandbox.exec(command);
  } catch (const WorkDirError& error) {
    if (!options.work_dir.empty() || spec.work_dir == Spec().work_dir) throw;
    throw Error(error.kind(), error.tried(), error.errnum(),
                "the image asks for it; --workdir names another");
  }
}

int run(const ExecOptions& options) {
  const image::Image image = find_image(options);
  const Spec spec = make_spec(options, image);
  const Sink out(options.stdout_file, STDOUT_FILENO), err(options.stderr_file, STDERR_FILENO);
  StopSignals stop;
  Sandbox sandbox(spec);
  Command command;
  command.argv = program_of(options, image);
  command.stdin_fd = STDIN_FILENO;
  command.cancel_fd = stop.fd();
  command.capture = options.json;
  command.on_output = [&](int fd, std::string_view bytes) {
    const Sink& sink = fd == STDOUT_FILENO ? out : err;
    if (sink.to_file() || !options.json) sink.write(bytes);
  };
  const Result result = execute(sandbox, command, options, spec);
  sandbox.close();
  if (options.json)
    write_all(STDOUT_FILENO, report(result, sandbox.times(), out, err), "standard output");
  else
    complain(result, command.argv.front());
  return status_of_program(result, stop.received());
}

// There is no sandbox and so no result: report the reason alone.
int fail(const ExecOptions& options, const Error& error) {
  if (options.json) {
    Json json;
    json["status"] = "sandbox_error";
    json["reason"] = std::string("cannot ") + error.what();
    const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    std::printf("%s\n", text.c_str());
    if (std::fflush(stdout) == 0) return kSandboxFailed;
  }
  std::fprintf(stderr, "cloche: cannot %s\n", error.what());
  return kSandboxFailed;
}

}  // namespace

void add_exec_command(CLI::App& app, std::function<int()>& action) {
  auto options = std::make_shared<ExecOptions>();
  CLI::App* command = app.add_subcommand("exec", "Run one program in a fresh sandbox");
  command->footer(
      "Exit status: the program's own; 128+n if signal n ended it; 125 if no sandbox could be "
      "made,\n"
      "126 if the program cannot be executed, 127 if it is not in the image.");
  describe(*command, *options);
  command->callback([options, &action] {
    action = [options] {
      try {
        return run(*options);
      } catch (const Error& error) {
        return fail(*options, error);
      } catch (const std::bad_alloc&) {
        return fail(*options, Error(ErrorKind::system, "run a program", ENOMEM));
      }
    };
  });
}

std::vector<std::string> separate_program(const CLI::App& app, std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "exec") return arguments;
  const CLI::App* command = app.get_subcommand("exec");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") break;
    if (argument.size() < 2 || argument[0] != '-') {
      arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(i), "--");
      break;
    }
    const CLI::Option* option = command->get_option_no_throw(argument);
    if (option != nullptr && option->get_items_expected_max() > 0)
      ++i;  // the next word is its value
  }
  return arguments;
}

}  // namespace cloche::cli
