#include "util/quantity.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "cloche/error.h"

namespace cloche {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& text,
                         const std::string& wanted) {
  throw Error(ErrorKind::usage, "take \"" + text + "\" for " + what, 0, wanted);
}

constexpr double kLargestSize = 1125899906842624.0;  // 1024T
constexpr double kDay = 86400e9;                     // nanoseconds

// The number at the beginning of a text, and the rest of the text.
std::pair<double, std::string> split(const std::string& text, const std::string& what,
                                     const char* wanted) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (failed != std::errc() || !(number >= 0)) refuse(what, text, wanted);
  return {number, std::string(rest, end)};
}

}  // namespace

std::uint64_t parse_bytes(const std::string& text, const std::string& what) {
  const char* const wanted = "give bytes, such as 64K, 256M or 1G";
  auto [number, unit] = split(text, what, wanted);
  if (unit.ends_with("iB")) unit.resize(unit.size() - 2);
  if (unit.ends_with("B") || unit.ends_with("b")) unit.resize(unit.size() - 1);
  if (unit.size() > 1) refuse(what, text, wanted);
  if (unit.size() == 1) {
    const char letter = static_cast<char>(unit[0] >= 'a' ? unit[0] - 'a' + 'A' : unit[0]);
    const auto power = std::string("KMGT").find(letter);
    if (power == std::string::npos) refuse(what, text, wanted);
    number *= std::pow(1024.0, static_cast<double>(power + 1));
  }
  if (!(number <= kLargestSize)) refuse(what, text, wanted);
  return static_cast<std::uint64_t>(number);
}

std::uint64_t parse_memory(const std::string& text, const std::string& what) {
  const std::uint64_t bytes = parse_bytes(text, what);
  if (bytes < 1u << 20) refuse(what, text, "give at least 1M");
  return bytes;
}

std::uint64_t parse_count(const std::string& text, const std::string& what, std::uint64_t most) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc() || rest != end || number < 1 || number > most)
    refuse(what, text, "give a whole number from 1 to " + std::to_string(most));
  return number;
}

std::chrono::nanoseconds parse_duration(const std::string& text, const std::string& what) {
  const char* const wanted = "give a time, such as 500ms, 2s or 1m";
  const auto [number, unit] = split(text, what, wanted);
  double factor = 0;
  if (unit.empty() || unit == "s") factor = 1e9;
  if (unit == "ms") factor = 1e6;
  if (unit == "us") factor = 1e3;
  if (unit == "m") factor = 60e9;
  if (unit == "h") factor = 3600e9;
  if (factor == 0) refuse(what, text, wanted);
  if (!(number * factor <= kDay)) refuse(what, text, "give at most 24h");
  return std::chrono::nanoseconds(static_cast<std::int64_t>(number * factor));
}

std::chrono::seconds parse_age(const std::string& text, const std::string& what) {
  const char* const wanted = "give a time with its unit, such as 45m, 12h, 30d or 2w";
  constexpr double kDaySeconds = 86400;
  const auto [number, unit] = split(text, what, wanted);
  double factor = 0;
  if (unit == "s") factor = 1;
  if (unit == "m") factor = 60;
  if (unit == "h") factor = 3600;
  if (unit == "d") factor = kDaySeconds;
  if (unit == "w") factor = 7 * kDaySeconds;
  if (factor == 0) refuse(what, text, wanted);
  if (!(number * factor <= 36525 * kDaySeconds)) refuse(what, text, "give at most 100 years");
  return std::chrono::seconds(static_cast<std::int64_t>(number * factor));
}

std::chrono::milliseconds parse_milliseconds(const std::string& text, const std::string& what) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc() || rest != end || number < 1 || number > 86'400'000)
    refuse(what, text, "give whole milliseconds, from 1 to 86400000");
  return std::chrono::milliseconds(number);
}

double parse_cpus(const std::string& text, const std::string& what) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (failed != std::errc() || rest != end || !(number > 0 && number <= 4096))
    refuse(what, text, "give a number above 0, such as 0.5 or 2");
  return number;
}

}  // namespace cloche
