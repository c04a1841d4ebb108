// Tells files apart that images may share.
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

// What a regular file is, without its name and its place. It only finds candidates: somebody may
// make two files of one fingerprint, so bytes are compared.
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

// Whether the text is a name as above, of a file of this size, mode and time.
bool may_be_named(const struct stat& file, std::string_view text);

}  // namespace cloche::unpack
