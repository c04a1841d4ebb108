#include "runner/run/case_runner.h"

#include <poll.h>

#include <algorithm>

#include "cloche/error.h"
#include "runner/run/difference.h"
#include "runner/run/plan_runner.h"

namespace cloche::runner {

namespace {

// At most this many bytes of output are kept of all cases together. Every case still runs and gets
// its verdict.
constexpr std::uint64_t kAllOutput = 64u << 20;
// Every case may keep this many bytes.
constexpr std::uint64_t kLeastOutput = 1u << 10;

// Cuts one stream of a case to the bytes that may be kept.
void keep(std::string& text, bool& truncated, std::uint64_t& room) {
  const std::uint64_t most = std::max(room, kLeastOutput);
  if (text.size() > most) {
    text.resize(static_cast<std::size_t>(most));
    text.shrink_to_fit();
    truncated = true;
  }
  room -= std::min<std::uint64_t>(room, text.size());
}

std::string number(std::size_t count) {
  return count == 1 ? "1 case" : std::to_string(count) + " cases";
}

void judge_cases(Report& report, const std::vector<Case>& cases) {
  const bool compared = std::any_of(cases.begin(), cases.end(),
                                    [](const Case& one) { return one.expected.has_value(); });
  std::size_t bad = 0, first = 0;
  for (std::size_t i = report.cases.size(); i-- > 0;) {
    if (report.cases[i].verdict == Verdict::ok) continue;
    ++bad;
    first = i;
  }
  if (bad == 0) {
    report.verdict = Verdict::ok;
    report.reason =
        number(cases.size()) + (compared ? ": all as expected" : ": all ended with exit code 0");
    return;
  }
  report.verdict = report.cases[first].verdict;
  report.reason = std::to_string(bad) + " of " + number(cases.size()) + " failed; case " +
                  std::to_string(first + 1) + ": " + report.cases[first].reason;
}

}  // namespace

bool CaseRunner::is_cancelled() const {
  if (options_.cancel_fd < 0) return false;
  pollfd source{options_.cancel_fd, POLLIN, 0};
  return ::poll(&source, 1, 0) > 0;
}

bool CaseRunner::run_each() {
  const auto files = plan_.cases.size() > 1 ? sandbox_.save() : std::nullopt;
  for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
    if (is_cancelled()) return true;
    if (i > 0) sandbox_.renew(files);
    const Case& one = plan_.cases[i];
    sandbox_.begin("case " + std::to_string(i));
    Command command = sandbox_.command_for(plan_.run);
    command.argv.insert(command.argv.end(), one.arguments.begin(), one.arguments.end());
    command.stdin_data = one.stdin_data;
    Execution done = execute_last(sandbox_, std::move(command), plan_, options_);
    const bool cancelled = done.verdict == Verdict::cancelled;
    take(std::move(done), one);
    if (cancelled) return true;
  }
  return false;
}

void CaseRunner::run_all() {
  room_ = kAllOutput;
  bool cancelled = false;
  try {
    cancelled = run_each();
  } catch (const Error& error) {
    // Only files of an earlier step can cause these errors.
    if (error.kind() != ErrorKind::too_large && error.kind() != ErrorKind::no_space &&
        error.kind() != ErrorKind::unsupported)
      throw;
    if (plan_.compile.empty() && !plan_.shell) throw;
    report_.verdict = Verdict::compile_error;
    report_.reason =
        std::string("the cases cannot begin with what compiling left: ") + error.what();
    report_.compilation_failure = true;
    (options_.join_output ? report_.out : report_.err) = "Error: " + report_.reason + "\n";
    watch_.lap("run");
    return;
  }
  watch_.lap("run");
  judge_cases(report_, plan_.cases);
  if (!cancelled) return;
  report_.verdict = Verdict::cancelled;
  report_.reason = "the run was cancelled";
}

void CaseRunner::take(Execution done, const Case& one) {
  if (done.verdict == Verdict::ok && one.expected) {
    const std::string_view own(done.out.data(), done.own_output);
    if (const std::size_t line = first_difference(own, *one.expected); line > 0) {
      done.verdict = Verdict::wrong_output;
      done.reason = "line " + std::to_string(line) + " of its output is not what was expected";
    }
  }
  CaseReport report;
  static_cast<StepReport&>(report) = std::move(done);
  report.compared = one.expected.has_value();
  report.out = cleaned_out(std::move(report.out), plan_, options_.join_output);
  report.err = cleaned_err(std::move(report.err), plan_);
  keep(report.out, report.out_truncated, room_);
  keep(report.err, report.err_truncated, room_);
  report_.cases.push_back(std::move(report));
  if (options_.observer.on_case)
    options_.observer.on_case(report_.cases.size() - 1, report_.cases.back());
}

}  // namespace cloche::runner
