#include "image/unpack/confine.h"

#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <memory>

#include "image/unpack/report.h"

#if defined(__SANITIZE_ADDRESS__)
// The sanitizer looks for leaks with ptrace at the end, which a confined program may not use.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace cloche::unpack {

namespace {

// A sanitizer's runtime needs more memory and system calls than the program itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// The linux/landlock.h of the oldest supported distribution lacks some of these rights.
constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDirectory = 1U << 3;
constexpr std::uint64_t kRemoveDirectory = 1U << 4;
constexpr std::uint64_t kRemoveFile = 1U << 5;
constexpr std::uint64_t kMakeDirectory = 1U << 7;
constexpr std::uint64_t kMakeFile = 1U << 8;
constexpr std::uint64_t kMakeSymlink = 1U << 12;
constexpr std::uint64_t kFirst = (1U << 13) - 1;  // all rights of the first version
constexpr std::uint64_t kRefer = 1U << 13;
constexpr std::uint64_t kTruncate = 1U << 14;
constexpr std::uint64_t kIoctl = 1U << 15;
constexpr std::uint64_t kNetwork = 3;  // binding and connecting TCP sockets
constexpr std::uint64_t kScopes = 3;   // abstract sockets and signals
constexpr std::uint64_t kLinking =
    kReadFile | kReadDirectory | kRemoveFile | kMakeDirectory | kMakeFile | kRefer;
constexpr std::uint64_t kWriting =
    kLinking | kWriteFile | kRemoveDirectory | kMakeSymlink | kTruncate;
struct Ruleset {
  std::uint64_t filesystem;
  std::uint64_t network;
  std::uint64_t scopes;
};
struct __attribute__((packed)) PathRule {
  std::uint64_t allowed;
  std::int32_t parent;
};

void limit(int resource, rlim_t most) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) < 0) return;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most) most = now.rlim_max;
  now.rlim_cur = now.rlim_max = most;
  ::setrlimit(static_cast<__rlimit_resource>(resource), &now);
}

// The first signal ends the program. The caller can distinguish it from a kill by others.
void limit_time(std::uint64_t seconds) {
  rlimit now{};
  if (seconds == 0 || ::getrlimit(RLIMIT_CPU, &now) < 0) return;
  now.rlim_cur = std::min<rlim_t>(now.rlim_cur, seconds);
  now.rlim_max = std::min<rlim_t>(now.rlim_max, seconds + 5);
  ::setrlimit(RLIMIT_CPU, &now);
}

void allow_below(int ruleset, int directory, std::uint64_t rights) {
  const PathRule rule{rights, directory};
  if (::syscall(SYS_landlock_add_rule, ruleset, 1, &rule, 0) < 0)
    throw Failure::from_errno("confine the unpacker to its directories", errno);
}

void landlock(const Confinement& confinement) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1);
  // The first version forbids every hard link between two directories, which layers need.
  if (version < 2) return;
  std::uint64_t handled = kFirst | kRefer;
  if (version >= 3) handled |= kTruncate;
  if (version >= 5) handled |= kIoctl;
  const Ruleset ruleset{handled, kNetwork, kScopes};
  const std::size_t size = version >= 6   ? sizeof ruleset
                           : version >= 4 ? offsetof(Ruleset, scopes)
                                          : offsetof(Ruleset, network);
  const long made = ::syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
  if (made < 0) throw Failure::from_errno("make rules for the unpacker", errno);
  const int fd = static_cast<int>(made);
  for (const int directory : confinement.written) allow_below(fd, directory, kWriting & handled);
  for (const int directory : confinement.linked) allow_below(fd, directory, kLinking);
  if (confinement.read >= 0) allow_below(fd, confinement.read, kReadFile | kReadDirectory);
  if (::syscall(SYS_landlock_restrict_self, fd, 0) < 0)
    throw Failure::from_errno("confine the unpacker", errno);
  ::close(fd);
}

void drop_capabilities(bool but_reading) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct kept[2] = {};
  if (but_reading) {
    if (::syscall(SYS_capget, &header, kept) < 0)
      throw Failure::from_errno("read the capabilities of the unpacker", errno);
    const std::uint32_t reading = kept[0].permitted & (1U << CAP_DAC_READ_SEARCH);
    kept[0] = {reading, reading, 0};
    kept[1] = {};
  }
  if (::syscall(SYS_capset, &header, kept) < 0)
    throw Failure::from_errno("drop the capabilities of the unpacker", errno);
}

void check(int result) {
  if (result < 0) throw Failure::from_errno("filter the system calls of the unpacker", -result);
}

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

void allow(const Filter& filter, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    // Below 0: this machine does not have the call.
    if (number >= 0) check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, number, 0));
  }
}

void filter_system_calls(bool writes_files) {
  // ENOSYS, so that a C library that tries a newer call falls back.
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), seccomp_release);
  if (!filter) check(-ENOMEM);
  // No call that changes a file by its path, except its name: Landlock does not restrict chmod.
  allow(filter, {"read",           "readv",         "pread64",        "write",
                 "writev",         "lseek",         "close",          "fstat",
                 "newfstatat",     "fstatat64",     "fstat64",        "statx",
                 "openat",         "openat2",       "getdents64",     "readlinkat",
                 "flistxattr",     "fgetxattr",     "mkdirat",        "linkat",
                 "unlinkat",       "renameat",      "renameat2",      "faccessat",
                 "faccessat2",     "utimensat",     "fcntl",          "dup",
                 "mmap",           "munmap",        "mremap",         "mprotect",
                 "madvise",        "brk",           "futex",          "getrandom",
                 "gettimeofday",   "clock_gettime", "sched_yield",    "rt_sigaction",
                 "getpid",         "gettid",        "rt_sigprocmask", "rt_sigreturn",
                 "exit",           "exit_group",    "rseq",           "restart_syscall",
                 "set_robust_list"});
  if (writes_files)
    allow(filter, {"pwrite64", "ftruncate", "fallocate", "symlinkat", "fchmod", "fsetxattr"});
  // Threads are allowed, processes are not. A filter cannot see the arguments of clone3, so it is
  // answered with ENOSYS.
  constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                        CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  constexpr std::uint64_t kThread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
#if defined(__s390__)
  constexpr unsigned kFlags = 1;
#else
  constexpr unsigned kFlags = 0;
#endif
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                         SCMP_CMP64(kFlags, SCMP_CMP_MASKED_EQ, kNamespaces | kThread, kThread)));
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                         SCMP_CMP64(0, SCMP_CMP_EQ, static_cast<std::uint64_t>(::getpid()))));
  check(seccomp_load(filter.get()));
}

}  // namespace

void confine(const Confinement& confinement) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    throw Failure::from_errno("set no_new_privs", errno);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 64);
  limit_time(confinement.max_seconds);
  // The checks that name the cap come first: a compressed blob may be larger than its content.
  const std::uint64_t most = confinement.max_file_bytes;
  if (most != 0) limit(RLIMIT_FSIZE, most + most / 32 + (rlim_t{16} << 20));
  if (!kSanitized) limit(RLIMIT_AS, rlim_t{2} << 30);
  drop_capabilities(confinement.read >= 0);
  landlock(confinement);
  if (!kSanitized) filter_system_calls(confinement.linked.empty());
}

}  // namespace cloche::unpack
