// Makes calls that no program in a sandbox needs. Their arguments are such that the kernel's own
// answer differs from a filter's.
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "hostile.h"

static const struct {
  const char* name;
  long number;
} calls[] = {{"add_key", SYS_add_key},
             {"request_key", SYS_request_key},
             {"keyctl", SYS_keyctl},
             {"bpf", SYS_bpf},
             {"perf_event_open", SYS_perf_event_open},
             {"userfaultfd", SYS_userfaultfd},
             {"io_uring_setup", 425},
             {"io_uring_enter", 426},
             {"io_uring_register", 427},
             {"ptrace", SYS_ptrace},
             {"process_vm_readv", SYS_process_vm_readv},
             {"process_vm_writev", SYS_process_vm_writev},
             {"process_madvise", 440},
             {"process_mrelease", 448},
             {"pidfd_getfd", 438},
             {"kcmp", SYS_kcmp},
             {"mount", SYS_mount},
             {"umount2", SYS_umount2},
             {"pivot_root", SYS_pivot_root},
             {"chroot", SYS_chroot},
             {"fsopen", 430},
             {"fsconfig", 431},
             {"fsmount", 432},
             {"fspick", 433},
             {"open_tree", 428},
             {"move_mount", 429},
             {"mount_setattr", 442},
             {"unshare", SYS_unshare},
             {"setns", SYS_setns},
             {"name_to_handle_at", SYS_name_to_handle_at},
             {"open_by_handle_at", SYS_open_by_handle_at},
             {"init_module", SYS_init_module},
             {"finit_module", SYS_finit_module},
             {"delete_module", SYS_delete_module},
             {"kexec_load", SYS_kexec_load},
             {"kexec_file_load", SYS_kexec_file_load},
             {"reboot", SYS_reboot},
             {"swapon", SYS_swapon},
             {"swapoff", SYS_swapoff},
             {"acct", SYS_acct},
             {"quotactl", SYS_quotactl},
             {"quotactl_fd", 443},
             {"syslog", SYS_syslog},
             {"sethostname", SYS_sethostname},
             {"setdomainname", SYS_setdomainname},
             {"settimeofday", SYS_settimeofday},
             {"clock_settime", SYS_clock_settime},
             {"clock_adjtime", SYS_clock_adjtime},
             {"adjtimex", SYS_adjtimex},
             {"fanotify_init", SYS_fanotify_init},
             {"fanotify_mark", SYS_fanotify_mark},
             {"vhangup", SYS_vhangup},
             {"vmsplice", SYS_vmsplice},
             {"move_pages", SYS_move_pages},
             {"migrate_pages", SYS_migrate_pages},
             {"ioprio_set", SYS_ioprio_set},
             {"lookup_dcookie", 212},
             {"nfsservctl", 180},
             {"uselib", 134},
             {"ustat", 136},
             {"sysfs", 139},
             {"_sysctl", 156},
             {"memfd_secret", 447},
             {"cachestat", 451},
             {"statmount", 457},
             {"listmount", 458},
             {"lsm_set_self_attr", 460},
             {"listns", 470},
#if defined(__x86_64__)
             {"iopl", SYS_iopl},
             {"ioperm", SYS_ioperm},
             {"modify_ldt", SYS_modify_ldt},
#endif
             {"clone3", 435},
             {"nothing", 1000}};

// Prints "NAME ERRNO" for each. Some are also tried with bits above the number's 32, which the
// kernel ignores and which must not mislead a filter.
static int refused(char** arguments) {
  (void)arguments;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
    tried(calls[i].name, syscall(calls[i].number, -1, -1, -1, -1, -1, -1));
    tried(calls[i].name, syscall(calls[i].number, 0, 0, 0, 0, 0, 0));
    tried(calls[i].name, syscall(calls[i].number | 0x7f00000000, -1, -1, -1, -1, -1, -1));
  }
  return 0;
}

// Every family of sockets, and every protocol of AF_NETLINK.
static int families(char** arguments) {
  (void)arguments;
  char what[32];
  const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM};
  for (int family = 0; family < 64; ++family)
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
      int made = socket(family, types[i], 0);
      if (made < 0 && family != AF_NETLINK) made = socket(family, types[i], 1);
      snprintf(what, sizeof what, "family-%d", family);
      if (made >= 0) tried(what, made);
      close(made);
      // Beyond 32 bits.
      made = (int)syscall(SYS_socket, family | 0x100000000, types[i], 0);
      if (made >= 0) tried(what, made);
      close(made);
    }
  for (int protocol = 0; protocol < 64; ++protocol) {
    snprintf(what, sizeof what, "netlink-%d", protocol);
    const int made = socket(AF_NETLINK, SOCK_RAW, protocol);
    if (made >= 0) tried(what, made);
    close(made);
  }
  int pair[2];
  if (socketpair(AF_VSOCK, SOCK_STREAM, 0, pair) == 0) tried("pair-vsock", 0);
  if (socketpair(AF_PACKET, SOCK_RAW, 0, pair) == 0) tried("pair-packet", 0);
  return 0;
}

// A filter of the program's own cannot loosen the sandbox's.
static int own_filter(char** arguments) {
  (void)arguments;
  struct {
    unsigned short code;
    unsigned char jt, jf;
    unsigned k;
  } allow = {6, 0, 0, 0x7fff0000};
  struct {
    unsigned short length;
    void* filter;
  } program = {1, &allow};
  syscall(SYS_seccomp, 1, 0, &program);
  syscall(SYS_seccomp, 1, 4 /* SPEC_ALLOW */, &program);
  tried("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
  tried("unshare", syscall(SYS_unshare, 0x10000000));
  // Listening would let this program answer its own refused calls.
  const long listener = syscall(SYS_seccomp, 1, 8 /* NEW_LISTENER */, &program);
  dprintf(1, "listener %s\n", listener >= 0 ? "made" : "refused");
  tried("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
  return 0;
}

const struct act_group syscalls_group = {
    "syscalls", (const struct act[]){
                    {"refused", refused}, {"families", families}, {"own-filter", own_filter}, {0}}};
