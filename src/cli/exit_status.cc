#include "cli/exit_status.h"

namespace cloche::cli {

using runner::Verdict;

int exit_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 64;
    case ErrorKind::bad_data:
      return 65;
    case ErrorKind::no_input:
      return 66;
    case ErrorKind::image_missing:
      return 67;
    case ErrorKind::image_corrupt:
      return 68;
    case ErrorKind::unsupported:
      return 69;
    case ErrorKind::internal:
      return 70;
    case ErrorKind::system:
      return 71;
    case ErrorKind::digest_mismatch:
      return 72;
    case ErrorKind::no_space:
      return 73;
    case ErrorKind::taken:
      return 74;
    case ErrorKind::busy:
      return 75;
    case ErrorKind::unreachable:
      return 76;
    case ErrorKind::denied:
      return 77;
    case ErrorKind::too_large:
      return 78;
  }
  return 70;
}

int run_status(Verdict verdict) {
  return verdict == Verdict::time_limit ? 1 : 0;
}

int check_status(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return 0;
    case Verdict::tests_failed:
      return 10;
    case Verdict::runtime_error:
      return 11;
    case Verdict::compile_error:
      return 12;
    case Verdict::time_limit:
      return 13;
    case Verdict::memory_limit:
      return 14;
    case Verdict::output_limit:
      return 15;
    case Verdict::no_tests:
    case Verdict::report_broken:
      return 16;
    case Verdict::signaled:
      return 17;
    case Verdict::syscall_denied:
      return 18;
    case Verdict::wrong_output:
      return 19;
    case Verdict::call_error:
      return 20;
    case Verdict::setup_error:
      return 64;
    case Verdict::cancelled:
      return 130;
  }
  return 70;
}

}  // namespace cloche::cli
