// Profiles of allowed system calls, and the BPF programs they become.
#pragma once

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

// The program of a profile (a name in profiles/seccomp, or an absolute path) in a memory file. It
// is compiled on first use and kept in the cache directory by its content.
UniqueFd load(const std::string& profile);

}  // namespace cloche::seccomp
