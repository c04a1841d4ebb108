#include "image/store/pool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "image/tree.h"

namespace cloche::image {

UniqueFd open_pool(const std::string& store) {
  const std::string path = store + "/pool";
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error::from_errno("open " + path, errno);
  return fd;
}

std::uint64_t sweep_pool(const std::string& store) {
  const UniqueFd pool = open_pool(store);
  std::uint64_t bytes = 0;
  // A process that was killed between pool and image may have left this name. A living process does
  // not share such a file.
  for (const std::string& name : children_of(pool.get()))
    if (name.starts_with("passing.")) ::unlinkat(pool.get(), name.c_str(), 0);
  TreeVisitor visitor;
  visitor.enter = [&bytes](int directory, const std::string& name, const struct stat& status) {
    if (S_ISDIR(status.st_mode)) return true;
    if (status.st_nlink == 1 && ::unlinkat(directory, name.c_str(), 0) == 0)
      bytes += static_cast<std::uint64_t>(status.st_size);
    return false;
  };
  // A process that is about to add a file there does not share this file then.
  visitor.leave = [](int directory, const std::string& name) {
    if (name != ".") ::unlinkat(directory, name.c_str(), AT_REMOVEDIR);
  };
  walk_tree(pool.get(), ".", visitor);
  return bytes;
}

}  // namespace cloche::image
