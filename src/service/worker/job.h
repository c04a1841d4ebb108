// A run on its way to a worker, and its end on the way back, as bytes in the form of util/pack.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloche/error.h"
#include "runner/request/plan.h"

namespace cloche::service {

// The server made the plan and bounded its limits. A worker reads neither requests nor profiles.
struct Job {
  runner::Plan plan;
  bool observe = false;            // the server wants phases, output and tokens as they come
  bool join_output = false;        // RunOptions::join_output
  bool interactive = false;        // standard input and signals come as frames
  std::uint64_t output_bytes = 0;  // RunOptions::output_bytes
};

struct JobOutcome {
  std::string verdict, language, version, framework;
  std::vector<std::pair<std::string, std::chrono::nanoseconds>> phases;
  std::string result;  // runner::report_json
};

// An Error that the run threw.
struct JobFailure {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  // Error::what()
};

std::string encode(const Job& job);
std::string encode(const JobOutcome& outcome);
std::string encode(const JobFailure& failure);

// Each throws Error bad_data for bytes that encode() did not write.
Job decode_job(std::string_view bytes);
JobOutcome decode_outcome(std::string_view bytes);
JobFailure decode_failure(std::string_view bytes);

}  // namespace cloche::service
