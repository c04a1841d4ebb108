// Running code and its tests: a Request in, a Report out.
//
//   cloche::runner::Runner runner;
//   cloche::runner::Request request;
//   request.language = "python";
//   request.solution = "print(1+1)";
//   cloche::runner::Report report = runner.run(request);
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloche/image.h"
#include "cloche/sandbox.h"

namespace cloche::runner {

// One of several inputs for one solution, which is compiled once.
struct Case {
  std::string stdin_data;
  std::vector<std::string> arguments;   // appended to the run's argv
  std::optional<std::string> expected;  // the standard output must equal it: Verdict::wrong_output
};
// The most cases of one request; more are a setup error.
inline constexpr std::size_t kMaxCases = 1000;

// A call of a function of the solution, in place of running the solution as a program.
struct Call {
  std::string entry;      // its name, as the language's adapter reads it (docs/calls.md)
  std::string arguments;  // JSON: an array, or an object if the language has named arguments
};

// How output is shown.
enum class Compat {
  none,      // output is what was printed
  codewars,  // the clean-up of the old runner of Codewars: the profile's rules, text in Unicode's
             // composed form
};

// The code to run and how to run it. Empty texts count as absent.
struct Request {
  std::string language;   // a name or alias from profiles/languages; required
  std::string version;    // empty for the language's default; "3.x", "3.6" are resolved
  std::string solution;   // the code
  std::string setup;      // code that comes before the solution ("preloaded")
  std::string fixture;    // the tests; their presence selects test mode
  std::string framework;  // empty for the language's default
  std::map<std::string, std::string> files;  // path below the work directory -> content
  std::string entry_file;                    // project mode: name or pattern of the file to run
  std::string bash;                          // a script run before the code, 10 s at most
  std::string bash_file;                     // the same, a path among `files`
  std::string solution_path;                 // the program's path; empty: solution.EXTENSION
  std::vector<std::string> services;         // started first; those of the profile only
  std::string github_repo, gist;             // refused: a sandbox has no network
  // Further options, for profiles to read as ${options.NAME}.
  std::map<std::string, std::vector<std::string>> options;
  std::string image;                   // overrides the image of the language's profile
  std::string stdin_data;              // standard input of the last step
  std::vector<std::string> arguments;  // appended to the last step's argv
  std::optional<std::chrono::milliseconds> timeout;  // wall time of the last step; above 0
  std::optional<std::uint64_t> memory_bytes;         // default: the profile's, else 512 MiB
  std::optional<double> cpus;                        // default: no limit
  // CPU time of all processes of the last step; above 0: Verdict::time_limit. Default: no limit.
  std::optional<std::chrono::milliseconds> cpu_time;
  // The same limits for each compile step. Default: the profile's wall time (30 s if it has none),
  // the memory of the last step, and no limit of CPU time.
  std::optional<std::chrono::milliseconds> compile_timeout;
  std::optional<std::uint64_t> compile_memory_bytes;
  std::optional<std::chrono::milliseconds> compile_cpu_time;
  // Runs the compiled solution once for each case, with the run's full limits each time. A case
  // sees nothing that another case left behind. stdin_data, RunOptions::stdin_fd and signal_fd then
  // have no effect, and `arguments` come before each case's own. At most kMaxCases; not with a
  // fixture.
  std::vector<Case> cases;
  // Call a function of the solution. Not with a fixture, cases or a project.
  std::optional<Call> call;
  Network network = Network::loopback;
  bool strict = false;  // refuse to run when a limit could only be approximated
  Compat compat = Compat::none;
};

// Reads the options object that the commands `run --request` and `run-json` take (docs/running.md).
// Setup statements and .runner/config.json are read later, when the request is run. `what` names
// the text in errors. Throws Error: bad_data (with line and column), usage.
Request parse_request(std::string_view json, const std::string& what = "the request");

// One node of the tree of tests, built only from the reporters' events.
struct Test {
  enum class Kind { group, test };
  enum class Outcome { none, skipped, passed, failed, error };
  struct Assertion {
    Outcome outcome = Outcome::none;
    std::string message;
  };
  struct Log {
    std::string tag;    // LOG, TAB, OUT or PROP
    std::string mode;   // "", "ESC", "TABLE", ...
    std::string label;  // the title; for PROP the name
    std::string text;
  };
  Kind kind = Kind::group;
  std::string name;                   // empty for an assertion made outside of any test
  Outcome outcome = Outcome::none;    // the worst outcome of this node and all nodes below it
  std::vector<Assertion> assertions;  // of a test, never of a group
  std::vector<Log> logs;
  std::string output;  // the output during this test, without that of its children
  std::optional<double> milliseconds;
  std::vector<Test> children;
};
std::string_view to_string(Test::Outcome outcome);

// Counts of tests, except for the last two fields. A test without any assertion counts only in
// `tests`. An assertion outside of any test counts as a test of its own.
struct Counts {
  std::uint64_t tests = 0, passed = 0, failed = 0, errors = 0, skipped = 0;
  std::uint64_t assertions_passed = 0, assertions_failed = 0;
};

// The outcome of the whole run, from the caller's point of view.
enum class Verdict {
  ok,
  tests_failed,
  runtime_error,  // ended with another exit code than 0
  signaled,       // ended by a signal that cloche did not send
  compile_error,
  time_limit,
  memory_limit,
  output_limit,
  syscall_denied,  // made a system call for which the seccomp profile ends the run
  no_tests,        // test mode, and the reporter ended without a test that passed or failed
  report_broken,   // test mode, and the report has no end or lines were forged
  setup_error,     // the request cannot be run: its version is not supported, for example
  cancelled,
  wrong_output,  // the output of a case differs from the expected output
  call_error,    // no such function, or its value is missing or cannot be written as JSON
};
std::string_view to_string(Verdict verdict);

// How one step ended, and its output.
struct StepReport {
  Verdict verdict = Verdict::ok;
  std::string reason;    // one sentence for people
  std::string out, err;  // any bytes; cleaned as the profile says if the request wants that
  bool out_truncated = false, err_truncated = false;
  std::optional<int> exit_code;
  std::optional<int> signal;
  Result result;  // of the sandbox; the bytes of its streams are moved to `out` and `err`
};

struct CaseReport : StepReport {
  bool compared = false;  // the case has an expected output
};

// The fields of StepReport hold the verdict of the whole run and the outputs of the step that
// decided it: the last step, or the compile step that failed. Tokens are placed in `out`.
struct Report : StepReport {
  // `result` is that of a step. False for setup errors and for cases that ran.
  bool step_ran = false;
  // The environment in which the code ran. The version is empty if the request named an image,
  // because its version is not known.
  std::string language, version, framework, image;
  bool test_mode = false;  // ran under a framework
  Compat compat = Compat::none;
  std::string output_type = "pre";
  bool compilation_failure = false;
  std::chrono::milliseconds time_limit{0};  // of the last step
  std::optional<StepReport> shell;          // of Request::bash
  std::vector<StepReport> compile;          // of every compile step that ran, in their order
  // The reports of all cases that ran, in their order. `verdict` is then the verdict of the first
  // case that is not ok, and the other step fields are set only if a step before the cases failed.
  std::vector<CaseReport> cases;
  // The return value of the called function, as JSON; set if and only if a call's verdict is ok.
  std::optional<std::string> value;
  Test tests;  // the root: a group without a name
  Counts counts;
  std::uint64_t forged_lines = 0;  // lines on the channel that the reporter did not write
  // The time of each phase: "prepare", "sandbox", "shell", "compile", "run" (all cases together),
  // "teardown", "report".
  std::vector<std::pair<std::string, std::chrono::nanoseconds>> phases;
};

// An event of the reporter, as it is placed into standard output.
struct Token {
  std::string tag, text, mode, label;
  std::optional<double> milliseconds;
  std::string rendered;  // its text in standard output; empty for an event that is only kept
};

// Functions that are called while a run goes on, on the thread that runs it. Each may be empty. An
// exception that one of them throws ends the run, and run() throws it on.
struct Observer {
  // A phase begins: "sandbox", "shell", "compile", "run"; with cases, "case 0", "case 1" and so on
  // in place of "run".
  std::function<void(std::string_view phase)> on_phase;
  // Output of a program of the phases "shell", "compile", "run" or a case to descriptor 1 or 2, as
  // it arrives: before cleaning, without tokens, up to the limit.
  std::function<void(int fd, std::string_view bytes)> on_output;
  std::function<void(const Token&)> on_token;
  // A case has ended, with its verdict and its cleaned output. `index` begins with 0.
  std::function<void(std::size_t index, const CaseReport&)> on_case;
};

struct RunOptions {
  // A version, framework, file name or statement of the request that cannot be served is thrown as
  // Error (usage, unsupported) instead of being reported with Verdict::setup_error.
  bool throw_setup_errors = false;
  // Copied to the standard input of the last step after Request::stdin_data. -1 for none.
  int stdin_fd = -1;
  // Becomes readable to end the run early. -1 for none.
  int cancel_fd = -1;
  // Signals for the last step, as Command::signal_fd. -1 for none.
  int signal_fd = -1;
  // Puts standard output and error of the shell, compile and last step into one text, in the order
  // of writing: `out`, which also ends with the explanations of limits. `err` stays empty.
  bool join_output = false;
  // At most this many bytes are kept of each stream of the last step. A longer output ends the step
  // with Verdict::output_limit; out_truncated and err_truncated say which stream it was. Compile
  // and shell steps keep no more than this either, but do not end for it. Default: 1,536,000
  // characters of standard output, tokens included; standard error is cut at 7,680,000 bytes.
  std::optional<std::uint64_t> output_bytes;
  Observer observer;
};

// One version of a language, for listings.
struct VersionInfo {
  std::string version;
  std::vector<std::string> names;  // other names that resolve to it
  std::string image;
};
struct FrameworkInfo {
  std::string name;
  std::vector<std::string> aliases;
};
struct LanguageInfo {
  std::string name, title;
  std::vector<std::string> aliases;
  std::vector<VersionInfo> versions;      // the first is the default
  std::vector<FrameworkInfo> frameworks;  // the first is the default
  bool calls = false;                     // functions can be called (Request::call)
};
// Every language, by name. Throws Error bad_data for a broken profile.
std::vector<LanguageInfo> languages();
// Lists the names of the profiles without reading them.
std::vector<std::string> language_names();

// The decisions made about a request before anything runs.
struct Planned {
  std::string language, version, framework, image;
  bool test_mode = false;
  Limits run;                      // of the last step
  std::vector<Limits> compile;     // of each compile step
  std::uint64_t memory_bytes = 0;  // the most that any step may use
};

// Runs requests, each in a sandbox of its own. Holds no state between runs, so several threads may
// use it at once.
class Runner {
 public:
  explicit Runner(image::Store store = image::Store::open_default());

  // Throws Error: usage (an unknown language; the message lists the languages), image_missing, and
  // every Error of Sandbox.
  Report run(const Request& request, const RunOptions& options = {}) const;

  // Runs nothing and needs no image. Throws like run() with throw_setup_errors.
  Planned plan(const Request& request) const;

  const image::Store& store() const { return store_; }

 private:
  image::Store store_;
};

}  // namespace cloche::runner
