// System calls by name.
#pragma once

#include <cstdint>
#include <string>

namespace cloche {

// The name of a call as the kernel counts it for an architecture (AUDIT_ARCH_*): "ptrace"; with the
// architecture in front where it is not this machine's: "i386 socketcall", "x32 open". "call 900"
// if it has no name.
std::string syscall_name(std::uint32_t arch, std::int32_t number);

}  // namespace cloche
