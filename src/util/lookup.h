// Lookups on this host for this user: programs and subordinate ids.
#pragma once

#include <string>

namespace cloche {

// The path of `program` in PATH or in root's directories of Debian; empty if there is none. A name
// with a slash is returned as it is.
std::string find_program(const std::string& program);

// Whether a file in the form of subuid(5) grants this user ids.
bool has_subordinate_ids(const char* file);

}  // namespace cloche
