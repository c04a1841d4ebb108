// Numbers with units, as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cloche::runner {

// "256M", "1.5G", "65536": bytes, with K, M, G or T for powers of 1024, and an optional "B" or
// "iB". Throws Error usage. `what` names it in errors.
std::uint64_t parse_bytes(const std::string& text, const std::string& what);

// A whole number of milliseconds from 1 to 86400000 (a day). Throws Error usage.
std::chrono::milliseconds parse_milliseconds(const std::string& text, const std::string& what);

// A number above 0 and at most 4096. Throws Error usage.
double parse_cpus(const std::string& text, const std::string& what);

}  // namespace cloche::runner
