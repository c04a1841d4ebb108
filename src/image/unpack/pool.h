// Files that several images have alike are kept once: as names of one inode.
#pragma once

namespace cloche::unpack {

// Of the files below `root` that are in `list` (see file_list.h), those become names of files in
// the pool that are there already, alike in everything; the pool gets a name of each other. `root`
// is an image that nobody uses yet, `pool` a directory in the same file system, which several
// processes may use at once, and remove from it what has no other name.
//
// Whatever the list says, only files below `root` are shared, and only for what they are. That one
// cannot be is no error. Throws Failure where the image is left broken.
void share_files(int list, int root, int pool);

}  // namespace cloche::unpack
