// Compiled profiles in the user's cache directory.
#pragma once

#include <optional>
#include <string>

#include "sandbox/seccomp/seccomp.h"

namespace cloche::seccomp {

// The compiled form of this profile, if the cache has one that can be trusted.
std::optional<Compiled> cached(const std::string& content);

// Keeps a compiled profile for the next time. A failure is no error: each launcher then compiles
// for itself.
void cache(const std::string& content, const Compiled& compiled);

}  // namespace cloche::seccomp
