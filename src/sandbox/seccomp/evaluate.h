// An interpreter for seccomp programs: it supports the part of classic BPF that the kernel allows
// them.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <string_view>

namespace cloche::seccomp {

// Runs `program`, an array of struct sock_filter, on one call. Returns the program's result, a
// 32-bit SECCOMP_RET_ value. Throws Error bad_data for a program that the kernel would refuse: an
// unknown instruction, a load or jump out of bounds, or an end without a return.
std::uint32_t evaluate(std::string_view program, const seccomp_data& call);

// Whether a call with this answer is made.
bool allows(std::uint32_t answer);

}  // namespace cloche::seccomp
