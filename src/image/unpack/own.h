// The paths that a layer made itself: its whiteouts remove only paths of the layers below.
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
  // A directory that did not exist before.
  void add_directory(ino_t inode) { whole_.insert(inode); }

  // Removes `name` in the open `directory`, and all below it, but for what is the layer's own and
  // the directories that is in. Throws Error by errno.
  void remove_lower(int directory, const std::string& name);
  // The same for all that is in the directory.
  void empty(int directory);

 private:
  bool has(int directory, const std::string& name) const;

  std::set<std::pair<ino_t, std::string>> entries_;
  // Directories in which everything is the layer's own. No mark looks into one again: else as many
  // marks as entries would cost their product.
  std::unordered_set<ino_t> whole_;
};

}  // namespace cloche::unpack
