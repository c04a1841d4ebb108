// The content of a directory, to detect changes.
#pragma once

#include <map>
#include <string>

namespace cloche::image::test {

// Every path below a directory with all visible properties: type, rights, links, inode, times,
// content.
using Snapshot = std::map<std::string, std::string>;
Snapshot everything_in(const std::string& path);
// The same for a store, without the property of shared files that may change: the number of their
// names.
Snapshot contents(const std::string& store);
// The first difference, or an empty text.
std::string difference(const Snapshot& before, const Snapshot& after);

// The same for a tree that other tools made: without inodes, with the rights that cloche would
// give, and without the times of directories.
Snapshot comparable(const std::string& path);

}  // namespace cloche::image::test
