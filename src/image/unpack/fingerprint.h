// Identifies files that images may share.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cloche::unpack {

// The content and metadata of a regular file, without its name and its place. It only finds
// candidates: an attacker may make two files of one fingerprint, so bytes are compared afterwards.
class Fingerprint {
 public:
  Fingerprint();
  void add(const void* bytes, std::size_t count);
  // The name of such a file in a pool, "ab/cdef…-SIZE-MODE-SECONDS.NANOSECONDS".
  std::string name(mode_t mode, const timespec& modified) const;

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
  std::uint64_t size_ = 0;
};

// Whether the text is such a name for a file of this size, mode and time.
bool may_be_named(const struct stat& file, std::string_view text);

}  // namespace cloche::unpack
