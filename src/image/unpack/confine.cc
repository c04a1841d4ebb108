#include "image/unpack/confine.h"

#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "image/unpack/report.h"

#if defined(__SANITIZE_ADDRESS__)
// Looking for leaks at the end needs ptrace, which a confined program does not have.
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

// linux/landlock.h of the oldest supported distribution does not know all of this yet.
constexpr std::uint64_t kExecute = 1U << 0;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDirectory = 1U << 3;
constexpr std::uint64_t kRefer = 1U << 13;
constexpr std::uint64_t kTruncate = 1U << 14;
constexpr std::uint64_t kIoctl = 1U << 15;
constexpr std::uint64_t kFirst = (1U << 13) - 1;
struct Ruleset {
  std::uint64_t filesystem;
  std::uint64_t network;
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
  const Ruleset ruleset{handled, version >= 4 ? 3U : 0U};
  const long fd = ::syscall(SYS_landlock_create_ruleset, &ruleset,
                            version >= 4 ? sizeof ruleset : sizeof ruleset.filesystem, 0);
  if (fd < 0) return;
  for (const int directory : confinement.written)
    allow_below(static_cast<int>(fd), directory, handled & ~(kExecute | kIoctl));
  if (confinement.read >= 0)
    allow_below(static_cast<int>(fd), confinement.read, kReadFile | kReadDirectory);
  if (::syscall(SYS_landlock_restrict_self, fd, 0) < 0)
    throw Failure::from_errno("confine the unpacker", errno);
  ::close(static_cast<int>(fd));
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

void filter_system_calls() {
  static const char* const allowed[] = {
      "read",        "readv",        "pread64",        "write",          "writev",
      "pwrite64",    "lseek",        "ftruncate",      "fallocate",      "close",
      "fstat",       "newfstatat",   "fstatat64",      "fstat64",        "statx",
      "openat",      "openat2",      "getdents64",     "readlinkat",     "flistxattr",
      "fgetxattr",   "mkdirat",      "symlinkat",      "linkat",         "unlinkat",
      "renameat",    "renameat2",    "fchmod",         "fchmodat",       "faccessat",
      "faccessat2",  "utimensat",    "fsetxattr",      "fcntl",          "dup",
      "mmap",        "munmap",       "mremap",         "mprotect",       "madvise",
      "brk",         "futex",        "getrandom",      "clock_gettime",  "gettimeofday",
      "sched_yield", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",   "getpid",
      "gettid",      "tgkill",       "exit",           "exit_group",     "restart_syscall",
      "clone",       "clone3",       "rseq",           "set_robust_list"};
  // ENOSYS, so that a C library that tries a newer call first falls back.
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
  if (filter == nullptr) return;
  for (const char* name : allowed) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number != __NR_SCMP_ERROR) seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
  }
  seccomp_load(filter);
  seccomp_release(filter);
}

}  // namespace

void confine(const Confinement& confinement) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    throw Failure::from_errno("set no_new_privs", errno);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_CPU, 3600);
  // Behind the checks that name the cap: a compressed blob may be larger than its content.
  const std::uint64_t most = confinement.max_file_bytes;
  if (most != 0) limit(RLIMIT_FSIZE, most + most / 32 + (rlim_t{16} << 20));
  if (!kSanitized) limit(RLIMIT_AS, rlim_t{2} << 30);
  drop_capabilities(confinement.read >= 0);
  landlock(confinement);
  if (!kSanitized) filter_system_calls();
}

}  // namespace cloche::unpack
