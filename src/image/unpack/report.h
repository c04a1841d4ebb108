// The report of cloche-unpack to its caller: lines on standard output. "progress N", "KEY VALUE"
// for each result, and last "done" or "error KIND TEXT".
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace cloche::unpack {

// The kinds are the names of cloche::ErrorKind: image_corrupt, digest_mismatch, too_large,
// no_space, denied, system, usage.
class Failure : public std::runtime_error {
 public:
  Failure(std::string kind, const std::string& text)
      : std::runtime_error(text), kind_(std::move(kind)) {}
  static Failure corrupt(const std::string& text) { return Failure("image_corrupt", text); }
  // cap: the name of the exceeded option without its dashes: "max-bytes". The caller adds the total
  // that it allowed, and how to allow more.
  static Failure beyond(const std::string& cap, const std::string& text) {
    return Failure("too_large", cap + " " + text);
  }
  static Failure from_errno(const std::string& tried, int errnum);
  const std::string& kind() const { return kind_; }

 private:
  std::string kind_;
};

void report(const std::string& key, const std::string& value);
void report(const std::string& key, std::uint64_t value);

// A text of an image, safe to show: bytes that are not printable ASCII become \xNN, and it is cut
// at 200.
std::string shown(const std::string& text);

}  // namespace cloche::unpack
