// Compiled profiles in the user's cache directory.
#pragma once

#include <optional>
#include <string>

#include "sandbox/seccomp/seccomp.h"

namespace cloche::seccomp {

// What a profile with this content was compiled to, if that is known and can be trusted.
std::optional<Compiled> cached(const std::string& content);

// Keeps it for the next time. Not being able to is no error: each launcher then compiles for
// itself.
void cache(const std::string& content, const Compiled& compiled);

}  // namespace cloche::seccomp
