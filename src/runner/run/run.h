// One run: the sandbox, and the report as it grows.
#pragma once

#include <optional>

#include "cloche/runner.h"
#include "runner/request/plan.h"
#include "runner/run/execution.h"
#include "runner/run/stopwatch.h"

namespace cloche::runner {

class Run {
 public:
  // Makes the sandbox. What is given must live as long as this.
  Run(const Plan& plan, const Request& request, const RunOptions& options,
      const image::Image& image, Report& report, Stopwatch& watch);

  void go();

 private:
  Command command_for(const PlannedStep& step, std::chrono::milliseconds wall) const;
  Command helper_for(const PlannedStep& step, std::chrono::milliseconds wall) const;
  void begin(std::string_view phase) const;
  void put_files();
  void run_shell();
  bool compile();
  void fail_compile(const PlannedStep& step, const Result& result);
  void run_last();
  void run_cases();
  bool is_cancelled() const;
  std::optional<Snapshot> keep_files();
  void renew(const std::optional<Snapshot>& files);
  void take_case(Execution done, const Case& one, std::uint64_t& room);

  const Plan& plan_;
  const Request& request_;
  const RunOptions& options_;
  const image::Image& image_;
  const Spec spec_;
  std::optional<Sandbox> box_;
  Report& report_;
  Stopwatch& watch_;
};

// Takes out of a stream what its reader should not see. Joined output may hold either stream's.
std::string cleaned_out(std::string text, const Plan& plan, bool joined);
std::string cleaned_err(std::string text, const Plan& plan);

}  // namespace cloche::runner
