// The paths that a layer made itself. Its whiteouts remove only paths of the layers below.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <unordered_set>
#include <utility>

namespace cloche::unpack {

class OwnEntries {
 public:
  // An entry, by the inode of its directory and its name.
  void add(ino_t directory, const std::string& name) { entries_.emplace(directory, name); }
  // A directory that the layer made.
  void add_directory(ino_t inode) { whole_.insert(inode); }

  // Removes `name` in the open `directory` and everything below it, except the layer's own paths
  // and the directories that hold them. Throws Error by errno.
  void remove_lower(int directory, const std::string& name);
  // Does the same for all entries of the directory.
  void empty(int directory);

 private:
  bool has(int directory, const std::string& name) const;

  std::set<std::pair<ino_t, std::string>> entries_;
  // Directories in which everything is the layer's own. No whiteout examines such a directory
  // again; otherwise many whiteouts and many entries would take quadratic time.
  std::unordered_set<ino_t> whole_;
};

}  // namespace cloche::unpack
