// cloche-worker: carries out the runs of `cloche serve`, one after the other.
//
// It is a process of its own, so that a defect during a run ends that run and not the service.
// Descriptor 3 is the socket to the server. When that socket ends, the process ends.
#include "service/worker/worker.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "cloche/runner.h"
#include "runner/report/report_json.h"
#include "runner/report/token_json.h"
#include "runner/run/plan_runner.h"
#include "service/worker/control.h"
#include "service/worker/frame.h"
#include "service/worker/job.h"
#include "util/file.h"

namespace cloche::service {

namespace {

constexpr int kServer = 3;

void send(FrameKind kind, std::string_view payload) {
  write_all(kServer, encode_frame(kind, payload), "the server's socket");
}

runner::Observer observer() {
  runner::Observer observer;
  observer.on_phase = [](std::string_view phase) { send(FrameKind::phase, phase); };
  observer.on_output = [](int fd, std::string_view bytes) {
    send(FrameKind::output, static_cast<char>(fd) + std::string(bytes));
  };
  observer.on_token = [](const runner::Token& token) {
    send(FrameKind::token, runner::token_json(token));
  };
  return observer;
}

JobOutcome outcome_of(const runner::Report& report) {
  return {std::string(to_string(report.verdict)),
          report.language,
          report.version,
          report.framework,
          report.phases,
          runner::report_json(report)};
}

void carry_out(const image::Store& store, const Job& job, const LiveRun& live) {
  runner::RunOptions options;
  if (job.observe) options.observer = observer();
  options.join_output = job.join_output;
  options.output_bytes = job.output_bytes;
  options.cancel_fd = live.cancel_fd();
  if (job.interactive) {
    options.stdin_fd = live.stdin_fd();
    options.signal_fd = live.signal_fd();
  }
  send(FrameKind::outcome, encode(outcome_of(runner::run_plan(store, job.plan, options))));
}

void work() {
  const image::Store store = image::Store::open_default();
  Control control(kServer);
  send(FrameKind::ready, {});
  while (auto next = control.next()) {
    try {
      carry_out(store, next->job, *next->live);
    } catch (const Error& error) {
      send(FrameKind::failure, encode(JobFailure{error.kind(), error.what()}));
    }
  }
}

}  // namespace

int work_for_server() {
  std::signal(SIGPIPE, SIG_IGN);
  ::fcntl(kServer, F_SETFD, FD_CLOEXEC);
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cloche-worker: %s\n", error.what());
    return 1;
  }
}

}  // namespace cloche::service
