// The other entries of the same kernel: the 32-bit entry, and x32.
#include "hostile.h"

#if defined(__x86_64__)
static long entry32(long number, long first, long second) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second) : "memory");
  // SIGSEGV: the kernel has no such entry. SIGSYS: the filter killed. Otherwise the call was
  // answered.
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}
static long getpid32(void) {
  return entry32(20, 0, 0);
}
static long unshare32(void) {
  return entry32(310, 0x10000000, 0);
}
static long clone32(void) {
  const long child = entry32(120, 0x10000000 | SIGCHLD, 0);
  if (child == 0) _exit(0);
  return child;
}
static long clone3_32(void) {
  return entry32(435, 0, 0);
}
static long mount32(void) {
  return entry32(21, 0, 0);
}
static long ptrace32(void) {
  return entry32(26, 0, 0);
}
static long keyctl32(void) {
  return entry32(288, 0, 0);
}
static long socket32(void) {
  return entry32(359, 40, 1);
}
static long ipc32(void) {
  return entry32(117, 23, 0);
}
static long personality32(void) {
  return entry32(136, 8, 0);
}
static long fsopen32(void) {
  return entry32(430, 0, 0);
}
static long uring32(void) {
  return entry32(425, 1, 0);
}

enum { kX32 = 0x40000000 };
static long getpid_x32(void) {
  return syscall(kX32 | SYS_getpid);
}
static long unshare_x32(void) {
  return syscall(kX32 | SYS_unshare, 0x10000000);
}
static long keyctl_x32(void) {
  return syscall(kX32 | SYS_keyctl, 0, 0, 0, 0, 0);
}
static long ptrace_x32(void) {
  return syscall(kX32 | 521, 0, 0, 0, 0);
}
static long exec_x32(void) {
  return syscall(kX32 | 520, 0, 0, 0);
}
static long vm_read_x32(void) {
  return syscall(kX32 | 539, getpid(), 0, 0, 0, 0, 0);
}
static long bare_x32(void) {
  return syscall(545, 0, 0);
}

// ARGUMENT: the entry. It is tried in a child, so that its end can be reported. Without a name, all
// are listed.
static int doors(char** arguments) {
  static const struct {
    const char* name;
    long (*try)(void);
  } all[] = {{"getpid-32", getpid32},    {"unshare-32", unshare32},
             {"clone-32", clone32},      {"clone3-32", clone3_32},
             {"mount-32", mount32},      {"ptrace-32", ptrace32},
             {"keyctl-32", keyctl32},    {"vsock-32", socket32},
             {"ipc-32", ipc32},          {"personality-32", personality32},
             {"fsopen-32", fsopen32},    {"io_uring-32", uring32},
             {"getpid-x32", getpid_x32}, {"unshare-x32", unshare_x32},
             {"keyctl-x32", keyctl_x32}, {"ptrace-x32", ptrace_x32},
             {"exec-x32", exec_x32},     {"process-vm-x32", vm_read_x32},
             {"bare-x32", bare_x32}};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
    if (!arguments[0])
      dprintf(1, "%s listed\n", all[i].name);
    else if (!strcmp(all[i].name, arguments[0]))
      tried_in_child(all[i].name, all[i].try);
  return 0;
}

// A far call into a 32-bit code segment, which uses `int 0x80` and the like natively.
static long compatibility_mode(void) {
  unsigned long before, after;
  __asm__ volatile("mov %%cs, %0" : "=r"(before));
  __asm__ volatile(
      "sub $16, %%rsp\n\t"
      "lea 1f(%%rip), %%rax\n\t"
      "mov %%rax, (%%rsp)\n\t"
      "movl $0x23, 8(%%rsp)\n\t"
      "lretq\n"
      "1:\n\t"
      ".code32\n\t"
      "mov $20, %%eax\n\t"
      "int $0x80\n\t"
      ".code64\n\t"
      : "=a"(after)
      :
      : "rbx", "rcx", "rdx", "memory");
  _exit(0);
}
static int compatibility(char** arguments) {
  (void)arguments;
  tried_in_child("compatibility", compatibility_mode);
  return 0;
}
#else
static int doors(char** arguments) {
  (void)arguments;
  return 0;
}
static int compatibility(char** arguments) {
  return doors(arguments);
}
#endif

const struct act_group syscalls32_group = {
    "syscalls32", (const struct act[]){{"doors", doors}, {"compatibility", compatibility}, {0}}};
