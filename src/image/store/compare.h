#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cloche/image.h"

namespace cloche::image {

// All differences between the tree at the descriptor `found` and the tree at `expected`: missing
// and surplus entries, types, modes, owners, links, times of files, user.* attributes and contents.
// `owner` must own every entry. Times of directories are not compared, because they change when an
// entry is made or removed. Opens only regular files and directories, and follows no link.
std::vector<Difference> compare_trees(int expected, int found, uid_t owner);

}  // namespace cloche::image
