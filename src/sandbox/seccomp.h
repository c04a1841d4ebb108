// Profiles of allowed system calls, and the BPF programs they become.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "util/fd.h"

namespace cloche::seccomp {

// Compiles a profile in the JSON form of OCI runtimes and Docker (runtime-spec, config-linux.md,
// "Seccomp"; Docker adds "includes" and "excludes") to a BPF program, an array of struct
// sock_filter. `origin` names the profile in errors. Throws Error bad_data with line and column for
// broken JSON, and with the place for a value that makes no sense.
//
// Rules that depend on capabilities are read as for a program that has none.
std::string compile(std::string_view profile, const std::string& origin);

struct Filter {
  UniqueFd program;            // a memory file with the BPF program
  std::uint32_t fallback = 0;  // SECCOMP_RET_* value of what the profile does not name
  bool exec_by_descriptor = false;
};

// The program of a profile (a name in profiles/seccomp, or an absolute path) in a memory file. It
// is compiled on first use and kept in the cache directory by its content.
Filter load(const std::string& profile);

}  // namespace cloche::seccomp
