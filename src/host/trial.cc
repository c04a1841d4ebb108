// One real sandbox, from an empty root file system.
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cloche/error.h"
#include "cloche/sandbox.h"
#include "host/probes.h"

namespace cloche::host {

namespace {

constexpr const char* kMountPoints[] = {"proc", "dev", "tmp", "workspace"};

// A directory with the mount points of a sandbox and nothing else. Sandboxed code cannot write to
// it.
class EmptyRootfs {
 public:
  EmptyRootfs() {
    // /tmp and not $TMPDIR, which may be accessible to root only: sandboxes of root run as other
    // users.
    const char* chosen = ::getenv("TMPDIR");
    const bool usable = ::access("/tmp", W_OK | X_OK) == 0 || chosen == nullptr;
    path = std::string(usable ? "/tmp" : chosen) + "/cloche-doctor-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) throw Error::from_errno("create " + path, errno);
    ::chmod(path.c_str(), 0755);
    for (const char* name : kMountPoints) ::mkdir((path + "/" + name).c_str(), 0755);
  }
  ~EmptyRootfs() {
    for (const char* name : kMountPoints) ::rmdir((path + "/" + name).c_str());
    ::rmdir(path.c_str());
  }
  EmptyRootfs(const EmptyRootfs&) = delete;
  EmptyRootfs& operator=(const EmptyRootfs&) = delete;

  std::string path;
};

// Sets every limit that enforced_by shall cover, to values that restrict nothing here.
void ask_of_every_mechanism(Limits& limits) {
  limits.cpu_time = std::chrono::seconds(60);
  limits.cpus = 1;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu)
      if (CPU_ISSET(cpu, &allowed)) limits.cpuset = std::to_string(cpu);
  limits.io_max = "\n";  // no bound on any device
}

HostFinding failed(const std::string& found, const std::string& remedy) {
  return {"sandbox", HostLevel::missing, found, "nothing can be run", remedy};
}

}  // namespace

HostFinding probe_sandbox(HostReport& report) {
  try {
    const EmptyRootfs rootfs;
    Spec spec;
    spec.rootfs = rootfs.path;
    ask_of_every_mechanism(spec.limits);
    Sandbox sandbox(spec);
    Command command;
    command.argv = {"/there-is-no-program"};
    const Result result = sandbox.exec(command);
    if (result.status != Status::not_started || result.exec_errno != ENOENT)
      return failed(
          "a sandbox was made, but failed before it looked for its program: " + result.reason, "");
    report.sandbox_create = sandbox.times().create;
    for (const LimitKind limit : {LimitKind::memory, LimitKind::tasks, LimitKind::cpu_time,
                                  LimitKind::cpus, LimitKind::cpuset, LimitKind::io})
      if (const auto found = result.enforced_by.find(limit); found != result.enforced_by.end())
        report.enforced_by.insert(*found);
  } catch (const Error& error) {
    return failed(
        error.tried() + (error.errnum() != 0 ? std::string(": ") + ::strerror(error.errnum()) : ""),
        error.hint());
  }
  char text[64];
  std::snprintf(text, sizeof text, "made in %.1f ms",
                std::chrono::duration<double, std::milli>(*report.sandbox_create).count());
  return {"sandbox", HostLevel::ok, text};
}

}  // namespace cloche::host
