// user_namespaces(7) and the namespaces that are made inside one.
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "host/attempt.h"
#include "host/enter.h"
#include "host/probes.h"
#include "sandbox/launch/obstacle.h"

namespace cloche::host {

HostFinding probe_clone3() {
  // Wherever the call exists, it refuses a call without arguments with EINVAL.
  const Attempt trial = attempt([](Attempt& self) {
    self.step = "call clone3";
    return ::syscall(SYS_clone3, nullptr, 0) < 0 && errno == EINVAL;
  });
  if (trial.good()) return {"clone3", HostLevel::ok, "can be called"};
  return {"clone3", HostLevel::missing, trial.words(), "no sandbox can be started",
          what_forbids_namespaces(ENOSYS).remedy};
}

HostFinding probe_user_namespaces() {
  const IdMaps maps;
  const Attempt trial = attempt([&maps](Attempt& self) { return enter(self, 0, maps); });
  if (!trial.good()) {
    const Obstacle obstacle = what_forbids_namespaces(trial.errnum);
    return {"user_namespaces", HostLevel::missing, trial.words() + " (" + obstacle.cause + ")",
            "no sandbox can be made", obstacle.remedy};
  }
  std::string most = small_file("/proc/sys/user/max_user_namespaces");
  most = most.substr(0, most.find('\n'));
  return {"user_namespaces", HostLevel::ok,
          "can be made" + (most.empty() ? std::string() : ", at most " + most)};
}

HostFinding probe_namespaces() {
  struct Kind {
    const char* name;
    std::uint64_t flag;
  };
  constexpr Kind kKinds[] = {{"mnt", CLONE_NEWNS},  {"pid", CLONE_NEWPID},
                             {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC},
                             {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}};
  const IdMaps maps;
  std::string made, refused, remedy;
  for (const Kind& kind : kKinds) {
    const Attempt trial =
        attempt([&maps, &kind](Attempt& self) { return enter(self, kind.flag, maps); });
    if (lacks_user_namespace(trial)) return untried("namespaces", HostLevel::missing);
    if (trial.good()) {
      made += (made.empty() ? "" : " ") + std::string(kind.name);
      continue;
    }
    refused += (refused.empty() ? "" : " ") + std::string(kind.name);
    const std::string limit = "user.max_" + std::string(kind.name) + "_namespaces";
    if (remedy.empty())
      remedy = trial.errnum == ENOSPC ? "sysctl " + limit + "=15000"
               : trial.errnum == EINVAL
                   ? "use a kernel with CONFIG_NAMESPACES and all that is below it"
                   : what_forbids_namespaces(trial.errnum).remedy;
  }
  if (refused.empty()) return {"namespaces", HostLevel::ok, made};
  return {"namespaces", HostLevel::missing, "refused: " + refused, "no sandbox can be made",
          remedy};
}

HostFinding probe_time_namespace() {
  const IdMaps maps;
  const Attempt trial = attempt([&maps](Attempt& self) {
    if (!enter(self, 0, maps)) return false;
    self.step = "make a time namespace";
    return ::unshare(CLONE_NEWTIME) == 0;
  });
  if (trial.good()) return {"time_namespace", HostLevel::ok, "can be made"};
  if (lacks_user_namespace(trial)) return untried("time_namespace", HostLevel::degraded);
  return {"time_namespace", HostLevel::degraded, trial.words(),
          "programs can see how long the host has been up",
          trial.errnum == ENOSPC ? "sysctl user.max_time_namespaces=15000"
                                 : "use a kernel with CONFIG_TIME_NS (Linux 5.6 or newer); a "
                                   "container must allow unshare"};
}

}  // namespace cloche::host
