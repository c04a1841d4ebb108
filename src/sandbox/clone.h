// clone3(2) for a child that borrows the caller's memory until it execs or exits, as vfork(2) does.
//
// The cost does not grow with the caller's memory. glibc offers no wrapper, and a child that shares
// memory needs a stack of its own, so the call itself is written in assembly.
#pragma once

#include <linux/sched.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace cloche {

// Calls clone3 with `args`, in which CLONE_VM and CLONE_VFORK must be set and the stack given. The
// child runs function(argument) and exits with its result. Returns the child's pid, or -errno.
inline long clone3_run(clone_args* args, int (*function)(void*), void* argument) {
#if defined(__x86_64__)
  long result;
  register auto r8 asm("r8") = function;
  register auto r9 asm("r9") = argument;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r9, %%rdi\n\t"
      "call *%%r8\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "a"(static_cast<long>(SYS_clone3)), "D"(args), "S"(sizeof *args), "r"(r8),
        "r"(r9), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x0 asm("x0") = reinterpret_cast<long>(args);
  register long x1 asm("x1") = sizeof *args;
  register long x8 asm("x8") = SYS_clone3;
  register auto x9 asm("x9") = function;
  register auto x10 asm("x10") = argument;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, x10\n\t"
      "blr x9\n\t"
      "mov x8, %[exit]\n\t"
      "svc #0\n\t"
      "brk #1\n"
      "1:"
      : "+r"(x0)
      : "r"(x1), "r"(x8), "r"(x9), "r"(x10), [exit] "i"(SYS_exit)
      : "x30", "memory");
  return x0;
#else
#error "clone3_run is written for x86-64 and arm64"
#endif
}

// A stack for such a child, on the caller's own.
struct alignas(16) CloneStack {
  char bytes[32 * 1024];

#if defined(__SANITIZE_ADDRESS__)
  // The child execs in the middle of its functions, so the sanitizer's marks of their variables
  // would stay on this memory.
  ~CloneStack() {
    __asan_unpoison_memory_region(bytes, sizeof bytes);
  }
#endif

  void give_to(clone_args& args) {
    args.stack = reinterpret_cast<std::uintptr_t>(bytes);
    args.stack_size = sizeof bytes;
  }
};

}  // namespace cloche
