// Looking up what this host has for this user: programs, ids.
#pragma once

#include <string>

namespace cloche {

// Where `program` is in PATH or where Debian keeps what is root's, or empty. A name with a slash is
// returned as it is.
std::string find_program(const std::string& program);

// Whether a file in the form of subuid(5) grants this user ids.
bool has_subordinate_ids(const char* file);

}  // namespace cloche
