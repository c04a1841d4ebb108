// Directories of the store in which files are made before they are moved into place.
#pragma once

#include <string>
#include <vector>

#include "util/fd.h"

namespace cloche::image {

// Makes the directories of a store that are missing. Throws Error denied, no_space, system.
void make_store(const std::string& store);

// <store>/tmp/<random>, locked while it is in use, and removed by the destructor. Directories that
// killed processes left are removed by the next process that makes a staging directory.
class Staging {
 public:
  // Whether the constructor removes the directories of killed processes.
  enum class Leftovers { remove, leave };
  explicit Staging(const std::string& store, Leftovers leftovers = Leftovers::remove);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  int lock() const { return lock_.get(); }
  // Makes a directory in it with exactly this mode, whatever the umask, and opens it.
  UniqueFd make_directory(const std::string& name, unsigned mode);

 private:
  std::string store_;
  std::string name_;
  std::string path_;
  UniqueFd fd_;
  UniqueFd lock_;
};

}  // namespace cloche::image
