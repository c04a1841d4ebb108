#include "sandbox/syscall_name.h"

#include <seccomp.h>

#include <cstdlib>
#include <memory>

namespace cloche {

std::string syscall_name(std::uint32_t arch, std::int32_t number) {
  constexpr std::int32_t kX32 = 0x40000000;
  std::string prefix;
  if (arch == SCMP_ARCH_X86) {
    prefix = "i386 ";
  } else if (arch == SCMP_ARCH_X86_64 && (number & kX32) != 0) {
    prefix = "x32 ";
    number &= ~kX32;
  } else if (arch != seccomp_arch_native()) {
    prefix = "foreign ";
  }
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(arch, number), &std::free);
  return prefix + (name ? std::string(name.get()) : "call " + std::to_string(number));
}

}  // namespace cloche
