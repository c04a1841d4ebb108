// Stores equal files of several images once, as names of one inode.
#pragma once

namespace cloche::unpack {

// Shares the files below `root` that are in `list` (see file_list.h). If the pool has an equal
// file, the name becomes a name of that; otherwise the pool gets a name of the file. `root` is an
// image that is not in use yet. `pool` is a directory in the same file system. Several processes
// may use it at once, and remove its files that have no other name.
//
// The list is not trusted: only files below `root` are shared, and only after their content was
// compared. A file that cannot be shared is no error. Throws Failure if the image is left broken.
void share_files(int list, int root, int pool);

}  // namespace cloche::unpack
