// Amounts as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cloche::cli {

// "4096", "64K", "256M", "1.5G", with or without a trailing "B" or "iB": bytes, in powers of 1024.
// `option` names the source in the Error (usage).
std::uint64_t parse_bytes(const std::string& text, const std::string& option);

// "500ms", "2s", "1.5s", "1m", "2": a duration; without a unit, seconds.
std::chrono::nanoseconds parse_duration(const std::string& text, const std::string& option);

}  // namespace cloche::cli
