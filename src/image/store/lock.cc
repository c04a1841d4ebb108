#include "image/store/lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "cloche/error.h"

namespace cloche::image {

namespace {

bool lock(int fd, LockKind kind, int command) {
  struct flock request {};
  request.l_type = kind == LockKind::shared ? F_RDLCK : F_WRLCK;
  request.l_whence = SEEK_SET;
  for (;;) {
    if (::fcntl(fd, command, &request) == 0) return true;
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw Error::from_errno("lock a file of the image store", errno);
  }
}

}  // namespace

bool try_lock(int fd, LockKind kind) {
  return lock(fd, kind, F_OFD_SETLK);
}

void wait_lock(int fd, LockKind kind) {
  lock(fd, kind, F_OFD_SETLKW);
}

bool is_locked(int fd) {
  struct flock request {};
  request.l_type = F_WRLCK;
  request.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_GETLK, &request) < 0)
    throw Error::from_errno("look for locks of a file of the image store", errno);
  return request.l_type != F_UNLCK;
}

UniqueFd lock_store(const std::string& path) {
  const std::string file = path + "/lock";
  // Only the owner may open it: any other user could hold a shared lock for ever.
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd)
    throw Error::from_errno("open " + file, errno,
                            errno == EROFS ? "" : "is the image store yours?");
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && (status.st_mode & 077) != 0) ::fchmod(fd.get(), 0600);
  wait_lock(fd.get(), LockKind::exclusive);
  return fd;
}

}  // namespace cloche::image
