// Lets Debian's User Mode Linux start on newer processors.
//
// UML saves and restores the floating-point state of its processes as 2696 bytes, which AVX-512
// needs. Kernels refuse to restore less than the whole state of the processor (ptrace(2),
// PTRACE_SETREGSET), and processors with AMX or shadow stacks have more. This library, preloaded
// into UML only, keeps the part of the state that UML does not know and restores it unchanged.
#include <errno.h>
#include <linux/elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

long ptrace(enum __ptrace_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  const long pid = va_arg(arguments, long);
  const long address = va_arg(arguments, long);
  void* data = va_arg(arguments, void*);
  va_end(arguments);

  static __thread char state[65536] __attribute__((aligned(64)));
  if (request == PTRACE_SETREGSET && address == NT_X86_XSTATE) {
    const struct iovec* part = data;
    struct iovec all = {state, sizeof state};
    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, address, &all) == 0 &&
        part->iov_len < all.iov_len) {
      memcpy(state, part->iov_base, part->iov_len);
      return syscall(SYS_ptrace, request, pid, address, &all);
    }
  }
  // In contrast to the library function, the system call stores the peeked word in memory.
  if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
    long word = 0;
    if (syscall(SYS_ptrace, request, pid, address, &word) < 0) return -1;
    errno = 0;
    return word;
  }
  return syscall(SYS_ptrace, request, pid, address, data);
}
