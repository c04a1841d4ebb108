// Running code and its tests: a Request in, a Report out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloche/image.h"
#include "cloche/sandbox.h"

namespace cloche::runner {

// What to run. Empty texts count as absent.
struct Request {
  std::string language;          // a name or alias from profiles/languages; required
  std::string version;           // empty for the language's default; "3.x", "3.6" are resolved
  std::string solution;          // the code
  std::string setup;             // code that comes before it ("preloaded")
  std::string fixture;           // its tests; their presence selects test mode
  std::string framework;         // empty for the language's default
  std::map<std::string, std::string> files;  // path below the work directory -> content
  std::string entry_file;        // project mode: name or pattern of the file to run
  std::string bash;              // a script run before the code, 10 s at most
  std::string bash_file;         // the same, a path among `files`
  std::string image;             // overrides the image of the language's profile
  std::string stdin_data;
  std::vector<std::string> arguments;  // appended to the run step's argv
  std::optional<std::chrono::milliseconds> timeout;  // wall time of the last step
  std::optional<std::uint64_t> memory_bytes;
  std::optional<double> cpus;
  Network network = Network::loopback;
};

// One node of the tree of tests, built only from what reporters sent.
struct Test {
  enum class Kind { group, test };
  enum class Outcome { passed, failed, error, skipped, none };
  struct Assertion {
    Outcome outcome = Outcome::none;
    std::string message;
  };
  Kind kind = Kind::group;
  std::string name;
  Outcome outcome = Outcome::none;  // the worst of everything below
  std::vector<Assertion> assertions;
  std::optional<double> milliseconds;
  std::vector<Test> children;
};

struct Counts {
  std::uint64_t tests = 0, passed = 0, failed = 0, errors = 0, skipped = 0;  // tests
  std::uint64_t assertions_passed = 0, assertions_failed = 0;
};

// What ended the whole run, from the caller's point of view.
enum class Verdict {
  ok, tests_failed, runtime_error, signaled, compile_error, time_limit, memory_limit, output_limit,
  no_tests,         // test mode, and the reporter ended without a single test
  report_broken,    // test mode, and the reporter's last word never came
  setup_error,      // the request cannot be run: framework not supported and the like
  cancelled,
};
std::string_view to_string(Verdict verdict);

struct Report {
  Verdict verdict = Verdict::ok;
  std::string reason;              // one sentence for people
  std::string language, version, framework, image;  // what it really ran on
  std::string out, err;            // with tokens placed, cleaned as the profile says; any bytes
  bool out_truncated = false, err_truncated = false;
  bool compilation_failure = false;
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::optional<Result> shell;     // of Request::bash
  std::optional<Result> last;      // the sandbox's own result of the last step
  std::vector<Test> tests;
  Counts counts;
  std::map<std::string, std::chrono::nanoseconds> phases;  // "prepare", "compile", "run", ...
};

}  // namespace cloche::runner
