// The guard removes the control groups of a launcher that was killed. It runs outside any sandbox,
// as the launcher's user, and does nothing until the launcher is gone.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/cgroup/empty.h"
#include "sandbox/init/directory.h"
#include "sandbox/init/requests.h"

namespace cloche::init {

namespace {

constexpr int kBaseFd = 5;
constexpr int kLauncherFd = 6;

void write_at(int directory, const char* name, const char* value) {
  const int file = openat(directory, name, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, value, strlen(value)) < 0) errno = 0;  // an older kernel has no cgroup.kill
  close(file);
}

// The groups below one, deepest first: a sandbox's, and those of its runs.
void remove_children(int directory, int depth) {
  const int listed = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listed < 0) return;
  for_each_entry(listed, [&](const DirectoryEntry& entry) {
    if (entry.type != DT_DIR) return true;
    const int child = openat(directory, entry.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (child >= 0 && depth > 1) remove_children(child, depth - 1);
    if (child >= 0) close(child);
    unlinkat(directory, entry.name, AT_REMOVEDIR);
    return true;
  });
  close(listed);
}

}  // namespace

void guard_groups(const char* name) {
  setsid();  // a terminal's interrupt is for the launcher
  // The launcher closes the socket when it has removed everything itself. The pidfd shows a
  // launcher that was killed: its end of the socket may live on in processes it forked.
  pollfd sources[2] = {{protocol::kSocketFd, POLLIN, 0}, {kLauncherFd, POLLIN, 0}};
  while (poll(sources, 2, -1) < 0 && errno == EINTR) {
  }
  const int directory = openat(kBaseFd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;  // the launcher has removed it itself
  for (int attempt = 0; attempt < 40; ++attempt) {
    write_at(directory, "cgroup.kill", "1");
    remove_children(directory, 2);
    if (unlinkat(kBaseFd, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return;
    // A group whose last process has just left may stay busy for a moment.
    cgroup::wait_until_empty(directory, 250);
    poll(nullptr, 0, 5);
  }
}

}  // namespace cloche::init
