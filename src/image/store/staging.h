// A place in the store where something is made before it is moved to where it counts.
#pragma once

#include <string>
#include <vector>

#include "util/fd.h"

namespace cloche::image {

// Makes the directories of a store that are missing. Throws Error denied, no_space, system.
void make_store(const std::string& store);

// 16 hexadecimal digits: random enough not to meet another's.
std::string random_name();

// <store>/tmp/<random>, locked while it is in use, removed when it goes. What a killed process left
// is removed by the next one that makes a staging directory.
class Staging {
 public:
  enum class Leftovers { remove, leave };
  explicit Staging(const std::string& store, Leftovers leftovers = Leftovers::remove);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  int lock() const { return lock_.get(); }
  // Makes a directory in it, of the given mode whatever the umask, and opens it.
  UniqueFd make_directory(const std::string& name, unsigned mode);

 private:
  std::string store_;
  std::string name_;
  std::string path_;
  UniqueFd fd_;
  UniqueFd lock_;
};

// The names in <store>/tmp that no living process holds.
std::vector<std::string> abandoned(const std::string& store);

// Moves <store>/rootfs/<name> out of the way and removes it, unless someone uses it: then false.
// The caller holds the store's lock in `store_lock`, which is given up before the long part.
bool discard_rootfs(const std::string& store, const std::string& name, UniqueFd& store_lock);

}  // namespace cloche::image
