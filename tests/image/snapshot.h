// The content of a directory, to detect changes.
#pragma once

#include <map>
#include <string>

namespace cloche::image::test {

// Every path below a directory with all that can be seen of it: type, rights, links, inode, times,
// content.
using Snapshot = std::map<std::string, std::string>;
Snapshot everything_in(const std::string& path);
// The same of a store, without what may change of files that images share: how many names they
// have.
Snapshot contents(const std::string& store);
// The first difference, or an empty text.
std::string difference(const Snapshot& before, const Snapshot& after);

// The same of a tree as other tools see it: no inodes, the rights that we would give, and for
// directories no times.
Snapshot comparable(const std::string& path);

}  // namespace cloche::image::test
