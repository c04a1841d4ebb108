#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/collect.h"
#include "image/lock.h"
#include "image/name.h"
#include "image/recipe.h"
#include "image/record.h"
#include "image/staging.h"
#include "util/paths.h"

namespace cloche::image {

namespace {

// Locks the image's root file system against removal. False if it went away since the record was
// read.
bool take_lease(const std::string& store, Record& record) {
  const std::string directory = store + "/rootfs/" + record.rootfs;
  auto lock = std::make_shared<UniqueFd>(
      ::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!*lock) {
    if (errno == ENOENT) return false;
    throw Error::from_errno("open " + directory + "/lock", errno);
  }
  // Only who may write the store can hold it exclusively, and does so only to remove what no record
  // names any more.
  wait_lock(lock->get(), LockKind::shared);
  // Whoever removes it holds the lock until the file is gone, so a name means it is still in place.
  struct stat status {};
  if (::fstat(lock->get(), &status) < 0 || status.st_nlink == 0) return false;
  record.image.rootfs = directory + "/root";
  record.image.lease = std::move(lock);
  return true;
}

bool find_in(const std::string& store, const std::string& name, Image& image) {
  // A record and its files change together, but are read one after the other.
  constexpr int kTries = 10;
  for (int tries = 0; tries < kTries; ++tries) {
    Record record;
    if (!read_record(store, name, record)) return false;
    if (take_lease(store, record)) {
      image = std::move(record.image);
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

Store Store::open_default() {
  const std::string path = store_path();
  return Store(path, path == kSystemStore ? std::vector<std::string>()
                                          : std::vector<std::string>{kSystemStore});
}

Store::Store(std::string path, std::vector<std::string> fallbacks)
    : path_(std::filesystem::absolute(path).lexically_normal().string()),
      fallbacks_(std::move(fallbacks)) {}

Image Store::find(const std::string& name) const {
  check_name(name);
  Image image;
  if (find_in(path_, name, image)) return image;
  for (const std::string& fallback : fallbacks_)
    if (find_in(fallback, name, image)) return image;
  throw Error(ErrorKind::image_missing, "find the image " + name, 0, how_to_make(name));
}

bool Store::contains(const std::string& name) const {
  check_name(name);
  Record record;
  if (read_record(path_, name, record)) return true;
  for (const std::string& fallback : fallbacks_)
    if (read_record(fallback, name, record)) return true;
  return false;
}

std::vector<Image> Store::list() const {
  std::vector<Image> images;
  std::set<std::string> seen;
  std::vector<std::string> stores = {path_};
  stores.insert(stores.end(), fallbacks_.begin(), fallbacks_.end());
  for (const std::string& store : stores) {
    for (const std::string& name : recorded_names(store)) {
      Record record;
      // What the own store has hides the fallback's of that name, as it does for find().
      if (!seen.insert(name).second || !read_record(store, name, record)) continue;
      record.image.rootfs = store + "/rootfs/" + record.rootfs + "/root";
      images.push_back(std::move(record.image));
    }
  }
  return images;
}

void Store::remove(const std::string& name) {
  check_name(name);
  Record record;
  if (!read_record(path_, name, record)) {
    for (const std::string& fallback : fallbacks_)
      if (read_record(fallback, name, record))
        throw Error(ErrorKind::denied, "remove the image " + name, 0,
                    "it is in the store of another user, " + fallback);
    throw Error(ErrorKind::image_missing, "remove the image " + name, 0,
                "cloche image list shows what there is");
  }
  make_store(path_);
  {
    const UniqueFd held = lock_store(path_);
    if (!read_record(path_, name, record))
      throw Error(ErrorKind::image_missing, "remove the image " + name, 0, "another removed it");
    const std::string lock_path = path_ + "/rootfs/" + record.rootfs + "/lock";
    const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    // An image of the same content under another name keeps the files, so users do not matter.
    bool shared = false;
    for (const std::string& other : recorded_names(path_)) {
      Record its;
      if (other != name && read_record(path_, other, its) && its.rootfs == record.rootfs)
        shared = true;
    }
    if (lock && !shared && !try_lock(lock.get(), LockKind::exclusive))
      throw Error(ErrorKind::busy, "remove the image " + name, 0,
                  "something runs on it; try again when that has ended");
    const std::string path = path_ + "/images/" + file_name_of(name);
    if (::unlink(path.c_str()) < 0) throw Error::from_errno("remove " + path, errno);
  }
  collect(path_);
}

}  // namespace cloche::image
