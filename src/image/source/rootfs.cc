#include "image/source/rootfs.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

bool make_directory(int parent, const char* name, unsigned mode) {
  if (::mkdirat(parent, name, mode) == 0) {
    if (::fchmodat(parent, name, mode, 0) < 0)
      throw Error::from_errno(std::string("chmod the directory ") + name, errno);
    return true;
  }
  if (errno != EEXIST) throw Error::from_errno(std::string("make the directory ") + name, errno);
  struct stat status {};
  if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    throw Error::from_errno(std::string("stat ") + name, errno);
  return S_ISDIR(status.st_mode);
}

}  // namespace

void add_mount_points(int rootfs, const std::string& what) {
  const std::pair<const char*, unsigned> points[] = {
      {"proc", 0755}, {"sys", 0755},       {"dev", 0755},   {"tmp", 0755},
      {"run", 0755},  {"workspace", 0755}, {"cloche", 0755}};
  for (const auto& [name, mode] : points)
    if (!make_directory(rootfs, name, mode))
      throw Error(ErrorKind::image_corrupt, "use " + what + " as a root file system", 0,
                  std::string("its /") + name + " is no directory, and a sandbox mounts there");
  struct stat status {};
  if (::fstatat(rootfs, "home", &status, AT_SYMLINK_NOFOLLOW) < 0)
    make_directory(rootfs, "home", 0755);
  // /home itself may be a link within the image, for example to /var/home.
  const UniqueFd home =
      open_within(rootfs, "home", O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (home && ::symlinkat("/workspace", home.get(), "codewarrior") < 0 && errno != EEXIST)
    throw Error::from_errno("make the link /home/codewarrior", errno);
}

}  // namespace cloche::image
