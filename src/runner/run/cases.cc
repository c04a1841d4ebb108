#include "runner/run/cases.h"

#include <poll.h>

#include <algorithm>

#include "cloche/error.h"
#include "runner/run/run.h"

namespace cloche::runner {

namespace {

// Kept of the output of all cases together; every case is run and judged, whatever is kept of it.
constexpr std::uint64_t kAllOutput = 64u << 20;
// A case that is cut for it keeps this much.
constexpr std::uint64_t kLeastOutput = 1u << 10;

// Takes the next line from `text`, without white space at its end.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  const std::size_t last = line.find_last_not_of(" \t\r\v\f");
  return line.substr(0, last == line.npos ? 0 : last + 1);
}

// Bounds what is kept of one stream of a case.
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

std::size_t first_difference(std::string_view output, std::string_view expected) {
  for (std::size_t line = 1; !output.empty() || !expected.empty(); ++line)
    if (next_line(output) != next_line(expected)) return line;
  return 0;
}

bool Run::is_cancelled() const {
  if (options_.cancel_fd < 0) return false;
  pollfd source{options_.cancel_fd, POLLIN, 0};
  return ::poll(&source, 1, 0) > 0;
}

// The files as they are now, if anything has run that may have changed them. Without a value where
// they are those that put_files() makes.
std::optional<Snapshot> Run::keep_files() {
  if (plan_.compile.empty() && plan_.shell_script.empty()) return std::nullopt;
  return box_->save();
}

// Another sandbox in place of the one in which a case ran: nothing inside it, and nothing that the
// kernel keeps for it, is left.
void Run::renew(const std::optional<Snapshot>& files) {
  box_.reset();
  box_.emplace(spec_);
  if (files)
    box_->load(*files);
  else
    put_files();
}

void Run::run_cases() {
  std::uint64_t room = kAllOutput;
  bool cancelled = false;
  try {
    const auto files = plan_.cases.size() > 1 ? keep_files() : std::nullopt;
    for (std::size_t i = 0; i < plan_.cases.size() && !cancelled; ++i) {
      if ((cancelled = is_cancelled())) break;
      if (i > 0) renew(files);
      const Case& one = plan_.cases[i];
      begin("case " + std::to_string(i));
      Command command = command_for(plan_.run, plan_.wall);
      command.argv.insert(command.argv.end(), one.arguments.begin(), one.arguments.end());
      command.stdin_data = one.stdin_data;
      Execution done = execute_last(*box_, std::move(command), plan_, options_);
      cancelled = done.verdict == Verdict::cancelled;
      take_case(std::move(done), one, room);
    }
  } catch (const Error& error) {
    // Only what compiling left behind can make these.
    if (error.kind() != ErrorKind::too_large && error.kind() != ErrorKind::no_space &&
        error.kind() != ErrorKind::unsupported)
      throw;
    if (plan_.compile.empty() && plan_.shell_script.empty()) throw;
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

void Run::take_case(Execution done, const Case& one, std::uint64_t& room) {
  CaseReport report;
  report.compared = one.expected.has_value();
  if (done.verdict == Verdict::ok && one.expected) {
    const std::string_view own(done.out.data(), done.own_output);
    if (const std::size_t line = first_difference(own, *one.expected); line > 0) {
      done.verdict = Verdict::wrong_output;
      done.reason = "line " + std::to_string(line) + " of its output is not what was expected";
    }
  }
  report.verdict = done.verdict;
  report.reason = std::move(done.reason);
  report.out_truncated = done.out_truncated;
  report.err_truncated = done.err_truncated;
  report.out = cleaned_out(std::move(done.out), plan_, options_.join_output);
  report.err = cleaned_err(std::move(done.err), plan_);
  keep(report.out, report.out_truncated, room);
  keep(report.err, report.err_truncated, room);
  report.exit_code = done.exit_code;
  report.signal = done.signal;
  report.result = std::move(done.result);
  report_.cases.push_back(std::move(report));
}

}  // namespace cloche::runner
