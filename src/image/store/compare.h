#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cloche/image.h"

namespace cloche::image {

// Everything in which the tree at descriptor `found` differs from that at `expected`: what is
// missing, what is there too many, types, modes, owners, links, times of files, user.* attributes
// and contents. `owner` is who everything has to belong to. Times of directories are not compared:
// they change when something in them is made and goes. Opens nothing but regular files and
// directories, and follows no link.
std::vector<Difference> compare_trees(int expected, int found, uid_t owner);

}  // namespace cloche::image
