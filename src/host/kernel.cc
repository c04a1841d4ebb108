// The kernel and its restrictions for a process that asks for them: Landlock and seccomp.
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "host/attempt.h"
#include "host/probes.h"

namespace cloche::host {

namespace {

constexpr int kOldestMajor = 5, kOldestMinor = 14;

// Loads a filter that allows everything. The kernel accepts it if it accepts any filter.
bool load_filter(Attempt& trial, unsigned flags) {
  sock_filter program[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{1, program};
  trial.step = "set no_new_privs";
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  trial.step = "load a seccomp filter";
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) >= 0;
}

}  // namespace

HostFinding probe_kernel(HostReport& report) {
  utsname name{};
  ::uname(&name);
  report.kernel = name.release;
  report.architecture = name.machine;
  HostFinding finding{"kernel", HostLevel::ok, "Linux " + report.kernel + ", " + name.machine};
  int major = 0, minor = 0;
  std::sscanf(name.release, "%d.%d", &major, &minor);
  if (major < kOldestMajor || (major == kOldestMajor && minor < kOldestMinor)) {
    finding.level = HostLevel::degraded;
    finding.instead =
        "features that older kernels lack are left out, if sandboxes can be made at all";
    finding.remedy = "install Linux 5.14 or newer";
  }
  return finding;
}

HostFinding probe_landlock(HostReport& report) {
  const Attempt trial = attempt([](Attempt& self) {
    self.step = "ask for Landlock";
    const long abi =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi > 0) self.value = static_cast<int>(abi);
    return abi > 0;
  });
  report.landlock_abi = trial.good() ? trial.value : 0;
  if (trial.good())
    return {"landlock", HostLevel::ok, "ABI version " + std::to_string(trial.value)};
  HostFinding finding{"landlock", HostLevel::degraded, "",
                      "one layer of protection less around files"};
  if (trial.errnum == EOPNOTSUPP) {
    finding.found = "built into the kernel but not started";
    finding.remedy = "put landlock first in the kernel's parameter lsm=";
  } else {
    finding.found = trial.words();
    finding.remedy =
        "use a kernel with CONFIG_SECURITY_LANDLOCK; a container must allow the system calls "
        "landlock_*";
  }
  return finding;
}

HostFinding probe_seccomp() {
  const Attempt trial = attempt([](Attempt& self) { return load_filter(self, 0); });
  if (trial.good()) return {"seccomp", HostLevel::ok, "filters can be loaded"};
  return {"seccomp", HostLevel::missing, trial.words(),
          "no sandbox is made without its filter of system calls",
          "use a kernel with CONFIG_SECCOMP_FILTER; a container must allow seccomp and prctl"};
}

HostFinding probe_seccomp_notification() {
  const Attempt trial =
      attempt([](Attempt& self) { return load_filter(self, SECCOMP_FILTER_FLAG_NEW_LISTENER); });
  if (trial.good())
    return {"seccomp_notification", HostLevel::ok, "reports can name refused system calls"};
  HostFinding finding{"seccomp_notification", HostLevel::degraded, trial.words(),
                      "system calls are still refused, but reports do not name them"};
  if (trial.errnum == EBUSY)
    finding.remedy = "run outside the container, whose own filter listens to system calls";
  else
    finding.remedy = "use Linux 5.0 or newer; a container must allow seccomp";
  return finding;
}

}  // namespace cloche::host
