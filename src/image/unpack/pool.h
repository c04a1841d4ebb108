// Files that several images have alike are kept once: as names of one inode.
#pragma once

#include <sys/types.h>
#include <time.h>
#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <string>

namespace cloche::unpack {

// What a regular file is, without its name and its place.
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

// A directory in the file system of the images, with a second name for each file of theirs. Several
// processes may use it at once, and remove from it what has no other name.
//
// The fingerprint only finds candidates: somebody may make two files of one fingerprint, so bytes
// are compared.
class Pool {
 public:
  // -1: there is none, and share() does nothing.
  explicit Pool(int directory) : directory_(directory) {}

  // `file`, open for reading, is `name` in `directory` and complete. If the pool has its like, the
  // name becomes one of that; otherwise the pool gets a name of this. That it cannot is no error.
  void share(int directory, const std::string& name, int file, const std::string& fingerprint);

 private:
  bool add(int directory, const std::string& name, const std::string& fingerprint);
  const int directory_;
};

}  // namespace cloche::unpack
