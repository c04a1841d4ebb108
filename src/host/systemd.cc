// Whether a service manager could give this user a group of its own.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "host/probes.h"
#include "util/fd.h"

namespace cloche::host {

namespace {

bool answers(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return socket &&
         ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// The first socket of a service manager that accepts a connection; empty if there is none.
std::string reachable_manager() {
  // A bus alone does not show that systemd runs; this directory does: sd_booted(3).
  if (::access("/run/systemd/system", F_OK) != 0) return {};
  if (::geteuid() == 0) {
    for (const char* path : {"/run/systemd/private", "/run/dbus/system_bus_socket"})
      if (answers(path)) return path;
    return {};
  }
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string directory = runtime != nullptr && runtime[0] == '/'
                                    ? std::string(runtime)
                                    : "/run/user/" + std::to_string(::geteuid());
  for (const char* name : {"/systemd/private", "/bus"})
    if (answers(directory + name)) return directory + name;
  return {};
}

}  // namespace

HostFinding probe_systemd(const HostReport& report) {
  const std::string manager = reachable_manager();
  HostFinding finding{"systemd"};
  if (!manager.empty()) {
    finding.found = "can be asked for a group, at " + manager;
    return finding;
  }
  if (!report.cgroup_subtree.empty()) {
    finding.found = "not reachable, and not needed";
    return finding;
  }
  finding.level = HostLevel::degraded;
  finding.found = "no manager can be reached";
  finding.instead = "nobody can give this user a group";
  if (::access("/run/systemd/system", F_OK) == 0)
    finding.remedy = ::geteuid() == 0 ? "systemctl start dbus.socket"
                                      : "loginctl enable-linger USER, then log in anew";
  return finding;
}

}  // namespace cloche::host
