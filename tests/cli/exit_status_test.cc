#include "cli/exit_status.h"

#include <set>

#include "catch.h"

using cloche::ErrorKind;
using cloche::cli::check_status;
using cloche::cli::exit_status;
using cloche::cli::run_status;
using cloche::runner::Verdict;

TEST_CASE("each kind of error has its own status") {
  std::set<int> seen;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
    const int status = exit_status(static_cast<ErrorKind>(kind));
    CHECK(status >= 64);
    CHECK(status <= 78);
    CHECK(seen.insert(status).second);
  }
}

TEST_CASE("a completed run is a success unless it is checked") {
  CHECK(run_status(Verdict::ok) == 0);
  CHECK(run_status(Verdict::tests_failed) == 0);
  CHECK(run_status(Verdict::compile_error) == 0);
  CHECK(run_status(Verdict::output_limit) == 0);
  CHECK(run_status(Verdict::time_limit) == 1);
}

TEST_CASE("only ok is a success when it is checked") {
  for (int verdict = 0; verdict <= static_cast<int>(Verdict::call_error); ++verdict)
    CHECK((check_status(static_cast<Verdict>(verdict)) == 0) ==
          (static_cast<Verdict>(verdict) == Verdict::ok));
  CHECK(check_status(Verdict::tests_failed) == 10);
  CHECK(check_status(Verdict::report_broken) == 16);
  CHECK(check_status(Verdict::no_tests) == 16);
  CHECK(check_status(Verdict::wrong_output) == 19);
  CHECK(check_status(Verdict::call_error) == 20);
}
