#include "image/store/found.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "image/recipe_files.h"
#include "image/reference.h"
#include "image/store/lock.h"
#include "util/fd.h"

namespace cloche::image {

namespace {

// Locks the image's root file system against removal. False if it was removed since the record was
// read.
bool take_lease(const std::string& store, ImageRecord& record) {
  const std::string directory = store + "/rootfs/" + record.rootfs;
  auto lock = std::make_shared<UniqueFd>(
      ::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!*lock) {
    if (errno == ENOENT) return false;
    throw Error::from_errno("open " + directory + "/lock", errno);
  }
  // Only a user who may write the store can hold this lock exclusively, and only while it removes a
  // root file system that no record names any more.
  wait_lock(lock->get(), LockKind::shared);
  // A remover holds the lock until the lock file is gone, so a link count above 0 means that the
  // image is in place.
  struct stat status {};
  if (::fstat(lock->get(), &status) < 0 || status.st_nlink == 0) return false;
  record.image.rootfs = directory + "/root";
  record.image.lease = std::move(lock);
  return true;
}

bool find_in(const std::string& store, const std::string& name, ImageRecord& found) {
  // A record and its files change together, but are read one after the other, so the reading may
  // have to be repeated.
  constexpr int kTries = 10;
  for (int tries = 0; tries < kTries; ++tries) {
    ImageRecord record;
    if (!read_record(store, name, record)) return false;
    if (take_lease(store, record)) {
      found = std::move(record);
      return true;
    }
  }
  throw Error(ErrorKind::image_corrupt, "use the image " + name + " of " + store, 0,
              "its files are missing; import or build it again");
}

std::string how_to_make(const std::string& name) {
  if (has_recipe(name)) return "make it with: cloche image build " + name;
  return "cloche image list shows what there is; cloche image import SOURCE --name " + name +
         " adds it";
}

}  // namespace

FoundImage find_image(const std::vector<std::string>& stores, const std::string& name) {
  check_name(name);
  FoundImage found;
  for (const std::string& store : stores) {
    if (!find_in(store, name, found.record)) continue;
    found.store = store;
    return found;
  }
  throw Error(ErrorKind::image_missing, "find the image " + name, 0, how_to_make(name));
}

bool is_in_use(const std::string& store, const ImageRecord& record) {
  const std::string path = store + "/rootfs/" + record.rootfs + "/lock";
  const UniqueFd lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return lock && is_locked(lock.get());
}

}  // namespace cloche::image
