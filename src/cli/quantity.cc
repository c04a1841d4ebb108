#include "cli/quantity.h"

#include <cmath>
#include <cstdlib>
#include <string_view>

#include "cloche/error.h"

namespace cloche::cli {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kLargest = 9.0e18;  // fits 63 bits

template <std::size_t N>
double parse(const std::string& text, const std::string& option, const Unit (&units)[N],
             const char* form) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const std::string_view unit(end);
  if (end != text.c_str() && std::isfinite(number) && number >= 0)
    for (const Unit& each : units)
      if (unit == each.name && number * each.factor < kLargest) return number * each.factor;
  throw Error(ErrorKind::usage, "read " + option + " " + text, 0,
              std::string("write it as ") + form);
}

constexpr double kKilo = 1024, kMega = kKilo * kKilo, kGiga = kMega * kKilo;
constexpr Unit kBytes[] = {{"", 1},        {"B", 1},     {"K", kKilo}, {"KB", kKilo},
                           {"KiB", kKilo}, {"k", kKilo}, {"M", kMega}, {"MB", kMega},
                           {"MiB", kMega}, {"m", kMega}, {"G", kGiga}, {"GB", kGiga},
                           {"GiB", kGiga}, {"g", kGiga}};
constexpr Unit kTimes[] = {{"", 1e9},   {"s", 1e9},  {"ms", 1e6},
                           {"us", 1e3}, {"m", 60e9}, {"h", 3600e9}};

}  // namespace

std::uint64_t parse_bytes(const std::string& text, const std::string& option) {
  return static_cast<std::uint64_t>(parse(text, option, kBytes, "64K, 256M or 1G"));
}

std::chrono::nanoseconds parse_duration(const std::string& text, const std::string& option) {
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(parse(text, option, kTimes, "500ms, 2s or 1m")));
}

}  // namespace cloche::cli
