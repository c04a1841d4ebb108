#include "image/store/staging.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "cloche/error.h"
#include "image/store/discard.h"
#include "image/store/lock.h"
#include "image/tree.h"
#include "util/random.h"

namespace cloche::image {

namespace {

UniqueFd open_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error::from_errno("open " + path, errno);
  return fd;
}

}  // namespace

void make_store(const std::string& store) {
  std::error_code failed;
  const bool made = std::filesystem::create_directories(store, failed);
  if (failed)
    throw Error::from_errno("make the image store " + store, failed.value(),
                            "$CLOCHE_STORE can name another place");
  // The mode does not depend on the umask: a user who may write here could rename the entries.
  if (made && ::chmod(store.c_str(), 0755) < 0) throw Error::from_errno("chmod " + store, errno);
  const std::pair<const char*, unsigned> parts[] = {{"/blobs", 0755},  {"/blobs/sha256", 0755},
                                                    {"/rootfs", 0755}, {"/images", 0755},
                                                    {"/pool", 0700},   {"/tmp", 0700}};
  for (const auto& [part, mode] : parts) make_directory(AT_FDCWD, store + part, mode);
}

Staging::Staging(const std::string& store, Leftovers leftovers)
    : store_(store), name_(random_name()) {
  make_store(store);
  path_ = store + "/tmp/" + name_;
  const UniqueFd parent = open_directory(store + "/tmp");
  std::vector<Discarded> left;
  {
    const UniqueFd held = lock_store(store);
    if (::mkdirat(parent.get(), name_.c_str(), 0700) < 0)
      throw Error::from_errno("make the directory " + path_, errno);
    fd_ = open_directory(path_);
    lock_.reset(::openat(fd_.get(), "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!lock_ || !try_lock(lock_.get(), LockKind::exclusive)) {
      const int reason = errno;
      ::unlinkat(parent.get(), name_.c_str(), AT_REMOVEDIR);
      throw Error::from_errno("make the file " + path_ + "/lock", reason);
    }
    if (leftovers == Leftovers::remove) left = claim_abandoned(parent.get());
  }
  try {
    while (!left.empty()) {
      remove_discarded(store, std::move(left));
      const UniqueFd held = lock_store(store);
      left = claim_abandoned(parent.get());
    }
  } catch (const Error&) {
    // Leftovers that cannot be removed must not stop an import. `cloche image prune` reports them.
  }
}

Staging::~Staging() {
  try {
    // Only unpacked files have second names in the pool.
    const bool shares = ::faccessat(fd_.get(), "entry", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    std::vector<Discarded> own;
    own.push_back({name_, std::move(lock_), shares});
    remove_discarded(store_, std::move(own));
  } catch (const std::exception&) {
    // The next process that makes a staging directory tries again.
  }
}

UniqueFd Staging::make_directory(const std::string& name, unsigned mode) {
  return image::make_directory(fd_.get(), name, mode);
}

}  // namespace cloche::image
