// What a seccomp program says to a call: the part of classic BPF that the kernel lets such programs
// use, interpreted.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <string_view>

namespace cloche::seccomp {

// Runs `program`, an array of struct sock_filter, on one call and gives the 32-bit SECCOMP_RET_
// value it returns. Throws Error bad_data for a program that the kernel would not take: an
// instruction it does not know, a load or jump out of bounds, an end that is no return.
std::uint32_t evaluate(std::string_view program, const seccomp_data& call);

// Whether a call with this answer is made.
bool allows(std::uint32_t answer);

}  // namespace cloche::seccomp
