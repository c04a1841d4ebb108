// Numbers with units, as people write them. Each function throws Error usage; `what` names the
// number in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cloche {

// "256M", "1.5G", "65536": bytes, with K, M, G or T for powers of 1024, and an optional "B" or
// "iB". At most 1024T.
std::uint64_t parse_bytes(const std::string& text, const std::string& what);

// Does the same for a limit of memory, which is at least 1M.
std::uint64_t parse_memory(const std::string& text, const std::string& what);

// A whole number from 1 to `most`.
std::uint64_t parse_count(const std::string& text, const std::string& what, std::uint64_t most);

// "500ms", "1.5s", "2", "1m": a duration of at most a day; without a unit, seconds.
std::chrono::nanoseconds parse_duration(const std::string& text, const std::string& what);

// "90s", "45m", "12h", "30d", "2w": how long ago something was, in whole seconds; at most 100
// years.
std::chrono::seconds parse_age(const std::string& text, const std::string& what);

// A whole number of milliseconds from 1 to 86400000 (a day).
std::chrono::milliseconds parse_milliseconds(const std::string& text, const std::string& what);

// A number above 0 and at most 4096.
double parse_cpus(const std::string& text, const std::string& what);

}  // namespace cloche
