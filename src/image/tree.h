// Directory trees with hostile content. They are walked by descriptor, with one open directory at a
// time however deep they are, and never through a symbolic link.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "util/fd.h"

namespace cloche::image {

// Called for the entries of a tree. `directory` is the open directory it lies in.
struct TreeVisitor {
  // Called for every entry before the entries below it. Returns false to skip the content of a
  // directory.
  std::function<bool(int directory, const std::string& name, const struct stat& status)> enter;
  // Called for a directory after the entries below it. May be empty.
  std::function<void(int directory, const std::string& name)> leave;
  // Gives the owner the right to read and search directories that lack it.
  bool open_up = false;
};

// Walks `name` in `directory` and everything below it. The entries of a directory come in the order
// of their names' bytes. Throws Error by errno.
void walk_tree(int directory, const std::string& name, const TreeVisitor& visitor);

// The names in an open directory, sorted.
std::vector<std::string> children_of(int directory);
// The names in the directory at `path`, sorted. Throws Error by errno.
std::vector<std::string> children_of(const std::string& path);

// Makes the directory `name` in `directory` with exactly `mode`, whatever the umask, and opens it.
// A directory that exists is opened as it is. Throws Error by errno.
UniqueFd make_directory(int directory, const std::string& name, unsigned mode);

// Removes `name` and everything below it. A missing `name` is no error.
void remove_tree(int directory, const std::string& name);

// The bytes of the regular files below a directory; a file with several names counts once.
std::uint64_t tree_bytes(int directory, const std::string& name);

// openat2(2) with `resolve` rules (RESOLVE_…). Returns none and sets errno if it fails.
UniqueFd open_within(int directory, const std::string& path, int flags, std::uint64_t resolve);

}  // namespace cloche::image
