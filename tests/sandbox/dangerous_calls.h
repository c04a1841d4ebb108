// Calls that no profile may allow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct DangerousCall {
  std::string name;
  std::vector<std::uint64_t> arguments;  // those left out are 0
};

// The arguments are chosen so that a call made by mistake does no harm.
inline std::vector<DangerousCall> dangerous_calls() {
  std::vector<DangerousCall> calls = {
      {"clone", {0x10000000 | 17, 0}},    // CLONE_NEWUSER | SIGCHLD
      {"clone", {0x00020000 | 17, 0}},    // CLONE_NEWNS
      {"clone", {0x02000000 | 17, 0}},    // CLONE_NEWCGROUP
      {"clone", {0x04000000 | 17, 0}},    // CLONE_NEWUTS
      {"clone", {0x08000000 | 17, 0}},    // CLONE_NEWIPC
      {"clone", {0x20000000 | 17, 0}},    // CLONE_NEWPID
      {"clone", {0x40000000 | 17, 0}},    // CLONE_NEWNET
      {"clone", {0x10000000 | 0x10000}},  // CLONE_NEWUSER | CLONE_THREAD
      {"unshare", {0x80}},                // CLONE_NEWTIME
      {"unshare", {0x10000000}},          // CLONE_NEWUSER
      {"socket", {40, 1, 0}},             // AF_VSOCK
      {"socket", {38, 5, 0}},             // AF_ALG
      {"socket", {17, 3, 0}},             // AF_PACKET
      {"socket", {44, 3, 0}},             // AF_XDP
      {"socket", {15, 3, 2}},             // AF_KEY
      {"socket", {16, 3, 2}},             // AF_NETLINK, NETLINK_USERSOCK
      {"socket", {16, 3, 9}},             // NETLINK_AUDIT
      {"socket", {16, 3, 12}},            // NETLINK_NETFILTER
      {"socket", {16, 3, 15}},            // NETLINK_KOBJECT_UEVENT
      {"socket", {2, 1, 132}},            // AF_INET, SCTP
      {"socket", {2, 5, 0}},              // AF_INET, SOCK_SEQPACKET
      {"socket", {2, 3, 255}},            // AF_INET, SOCK_RAW
      {"socket", {10, 6, 33}},            // AF_INET6, DCCP
      {"socket", {2 | 1ull << 32, 1, 132}},
      {"socketpair", {40, 1, 0, 0}},
      {"socketpair", {30, 1, 0, 0}},       // AF_TIPC
      {"ioctl", {0, 0x5412, 0}},           // TIOCSTI
      {"ioctl", {0, 0x541C, 0}},           // TIOCLINUX
      {"ioctl", {0, 0xffffffff00005412}},  // TIOCSTI: the kernel looks at 32 bits
      {"ioctl", {0, 0x5423, 0}},           // TIOCSETD
      {"ioctl", {0, 0x541D, 0}},           // TIOCCONS
      {"personality", {0x0400000}},        // READ_IMPLIES_EXEC
      {"personality", {0x0100000}},        // MMAP_PAGE_ZERO
      {"prctl", {62, 1, 0, 0}},            // PR_SCHED_CORE
      {"prctl", {62 | 1ull << 32, 1}},
      {"prctl", {35, 1, 0}},  // PR_SET_MM
      {"prlimit64", {1, 7, 0, 0}},
      {"setpriority", {0, 1, 19}},
      {"setpriority", {2, 0, 19}},  // PRIO_USER
      {"ioprio_set", {3, 0, 0}},    // IOPRIO_WHO_USER
      {"ioprio_set", {1, 1, 0}},
      {"sched_setaffinity", {1, 8, 0}},
      {"sched_setaffinity", {1 | 1ull << 32, 8, 0}},
      {"sched_setaffinity", {0x80000001, 8, 0}},
      {"sched_setscheduler", {1, 0, 0}},
      {"seccomp", {1, 8, 0}},  // SECCOMP_FILTER_FLAG_NEW_LISTENER
      {"seccomp", {1, 9, 0}},
      {"mknod", {0, 0020600, 0x101}},  // S_IFCHR
      {"mknod", {0, 0060600, 0x800}},  // S_IFBLK
      {"mknod", {0, 0104755, 0}},
      {"mknodat", {0, 0, 0020600, 0x101}},
      {"mknodat", {0, 0, 0060600, 0x800}},
      {"mknodat", {0, 0, 0102755, 0}},
      {"chmod", {0, 04755}},
      {"chmod", {0, 02755}},
      {"chmod", {0, 06755 | 1ull << 40}},
      {"fchmod", {0, 04755}},
      {"fchmodat", {0, 0, 02755}},
      {"creat", {0, 04755}},
      {"open", {0, 0101, 04755}},       // O_CREAT | O_WRONLY
      {"open", {0, 020200002, 02755}},  // O_TMPFILE | O_RDWR
      {"openat", {0, 0, 0101, 04755}},
      {"openat", {0, 0, 020200002, 02755}},
  };
  for (const char* name : {"acct",
                           "add_key",
                           "adjtimex",
                           "bpf",
                           "chroot",
                           "clock_adjtime",
                           "clock_settime",
                           "clone3",
                           "create_module",
                           "delete_module",
                           "fanotify_init",
                           "fanotify_mark",
                           "finit_module",
                           "fsconfig",
                           "fsmount",
                           "fsopen",
                           "fspick",
                           "get_kernel_syms",
                           "init_module",
                           "io_uring_enter",
                           "io_uring_register",
                           "io_uring_setup",
                           "ioperm",
                           "iopl",
                           "kcmp",
                           "kexec_file_load",
                           "kexec_load",
                           "keyctl",
                           "landlock_add_rule",
                           "landlock_create_ruleset",
                           "landlock_restrict_self",
                           "lookup_dcookie",
                           "memfd_secret",
                           "migrate_pages",
                           "modify_ldt",
                           "mount",
                           "mount_setattr",
                           "move_mount",
                           "move_pages",
                           "name_to_handle_at",
                           "nfsservctl",
                           "open_by_handle_at",
                           "open_tree",
                           "openat2",
                           "perf_event_open",
                           "pidfd_getfd",
                           "pivot_root",
                           "process_madvise",
                           "process_mrelease",
                           "query_module",
                           "quotactl",
                           "quotactl_fd",
                           "reboot",
                           "remap_file_pages",
                           "request_key",
                           "setdomainname",
                           "sethostname",
                           "setns",
                           "settimeofday",
                           "swapoff",
                           "swapon",
                           "sync",
                           "syncfs",
                           "_sysctl",
                           "sysfs",
                           "syslog",
                           "umount2",
                           "uselib",
                           "userfaultfd",
                           "ustat",
                           "vhangup",
                           "vmsplice"})
    calls.push_back({name, {}});
  return calls;
}
