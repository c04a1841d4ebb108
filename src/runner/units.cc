#include "runner/units.h"

#include <charconv>
#include <cmath>

#include "cloche/error.h"

namespace cloche::runner {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& text,
                         const std::string& wanted) {
  throw Error(ErrorKind::usage, "take \"" + text + "\" for " + what, 0, wanted);
}

}  // namespace

std::uint64_t parse_bytes(const std::string& text, const std::string& what) {
  const char* const wanted = "give bytes from 1M to 1024T, such as 256M or 1G";
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (failed != std::errc()) refuse(what, text, wanted);
  std::string unit(rest, end);
  if (unit.ends_with("iB")) unit.resize(unit.size() - 2);
  if (unit.ends_with("B") || unit.ends_with("b")) unit.resize(unit.size() - 1);
  const std::string units = "KMGT";
  if (unit.size() > 1) refuse(what, text, wanted);
  if (unit.size() == 1) {
    const char letter = static_cast<char>(unit[0] >= 'a' ? unit[0] - 'a' + 'A' : unit[0]);
    const auto power = units.find(letter);
    if (power == std::string::npos) refuse(what, text, wanted);
    number *= std::pow(1024.0, static_cast<double>(power + 1));
  }
  if (!(number >= 1048576.0 && number <= 1125899906842624.0)) refuse(what, text, wanted);
  return static_cast<std::uint64_t>(number);
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

}  // namespace cloche::runner
