#include "cli/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"

namespace cloche::cli {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = stop_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw Error::from_errno("watch for signals", errno);
}

StopSignals::~StopSignals() {
  received();  // take the pending signal, or it would be delivered when it is unblocked
  const sigset_t set = stop_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

int StopSignals::received() {
  signalfd_siginfo information;
  if (::read(fd_.get(), &information, sizeof information) == sizeof information)
    received_ = static_cast<int>(information.ssi_signo);
  return received_;
}

}  // namespace cloche::cli
