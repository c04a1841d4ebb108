// A second wall behind the mounts: landlock(7).
//
// The mounts already show nothing of the host and are read-only where they must be. If a mount or a
// check of the kernel is wrong, these rules still restrict which files may be opened and forbid
// every mount. Kernels without Landlock do without.
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/program.h"
#include "sandbox/init/world.h"

namespace cloche::init {

namespace {

// Rights that the headers of Debian 12 do not know yet, with the version that brought them.
constexpr std::uint64_t kTruncate = 1ull << 14;     // 3
constexpr std::uint64_t kDeviceIoctl = 1ull << 15;  // 5
// Version 6 can confine abstract sockets and signals to the sandbox.
constexpr std::uint64_t kScopes = 3;

// The structure as of version 6.
struct Attributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

constexpr std::uint64_t kRead =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

std::uint64_t known_rights(long version) {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= kTruncate;
  if (version >= 5) rights |= kDeviceIoctl;
  return rights;
}

void allow(int rules, int directory, std::uint64_t rights) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = directory;
  if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    die(InitStep::add_landlock_rule);
}

}  // namespace

int make_landlock_rules(const World& world) {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  // Version 1 forbids every move of a file between directories, which programs need.
  if (version < 2) return -1;
  Attributes attributes{};
  attributes.handled_access_fs = known_rights(version);
  attributes.scoped = version >= 6 ? kScopes : 0;
  const std::size_t size = version >= 6   ? sizeof attributes
                           : version >= 4 ? offsetof(Attributes, scoped)
                                          : offsetof(Attributes, handled_access_net);
  const int rules = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  if (rules < 0) die(InitStep::make_landlock_rules);
  allow(rules, world.root_fd, world.writable ? attributes.handled_access_fs : kRead);
  const int devices = openat(world.root_fd, "dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (devices < 0) die(InitStep::open_dev);
  allow(rules, devices, kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | (version >= 3 ? kTruncate : 0));
  close(devices);
  const std::uint64_t all = attributes.handled_access_fs;
  for (unsigned i = 0; i < world.memory_count; ++i) allow(rules, world.memory_fds[i], all);
  return rules;
}

bool obey_landlock_rules(int rules) {
  return rules < 0 || syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

}  // namespace cloche::init
