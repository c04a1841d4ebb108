#include <algorithm>
#include <filesystem>
#include <set>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/reference.h"
#include "image/source/document.h"
#include "image/store/collect.h"
#include "image/store/found.h"
#include "image/store/lock.h"
#include "image/store/record.h"
#include "image/store/staging.h"
#include "util/file.h"
#include "util/json.h"
#include "util/paths.h"

namespace cloche::image {

Store Store::open_default() {
  const std::string path = store_path();
  return Store(path, path == kSystemStore ? std::vector<std::string>()
                                          : std::vector<std::string>{kSystemStore});
}

Store::Store(std::string path, std::vector<std::string> fallbacks)
    : path_(std::filesystem::absolute(path).lexically_normal().string()),
      fallbacks_(std::move(fallbacks)) {}

std::vector<std::string> Store::all() const {
  std::vector<std::string> stores = {path_};
  stores.insert(stores.end(), fallbacks_.begin(), fallbacks_.end());
  return stores;
}

Image Store::find(const std::string& name) const {
  return find_image(all(), name).record.image;
}

bool Store::contains(const std::string& name) const {
  check_name(name);
  ImageRecord record;
  if (read_record(path_, name, record)) return true;
  for (const std::string& fallback : fallbacks_)
    if (read_record(fallback, name, record)) return true;
  return false;
}

std::vector<Image> Store::list(std::vector<std::string>* broken) const {
  std::vector<Image> images;
  std::set<std::string> seen;
  for (const std::string& store : all()) {
    for (const std::string& name : recorded_names(store)) {
      // An image of the user's store hides an image of the same name in a fallback, as in find().
      if (!seen.insert(name).second) continue;
      ImageRecord record;
      try {
        if (!read_record(store, name, record)) continue;
      } catch (const Error&) {
        if (broken == nullptr) throw;
        broken->push_back(name);
        continue;
      }
      record.image.rootfs = store + "/rootfs/" + record.rootfs + "/root";
      record.image.in_use = is_in_use(store, record);
      images.push_back(std::move(record.image));
    }
  }
  std::sort(images.begin(), images.end(),
            [](const Image& one, const Image& other) { return one.name < other.name; });
  return images;
}

Documents Store::documents(const std::string& name) const {
  const FoundImage found = find_image(all(), name);
  Documents documents;
  documents.manifest = read_file(found.blob(hex_of(found.record.image.digest)));
  const SortedJson manifest = parse_document(documents.manifest, "the manifest of " + name);
  const SortedJson& config = member(manifest, "config", "the manifest of " + name);
  const std::string digest = text_member(config, "digest", "the manifest of " + name);
  check_digest(digest, "the manifest of " + name);
  documents.config = read_file(found.blob(hex_of(digest)));
  return documents;
}

namespace {

// If a record cannot be read, only its name is known: the image can still be removed.
bool has_record(const std::string& store, const std::string& name, ImageRecord& record) {
  try {
    return read_record(store, name, record);
  } catch (const Error&) {
    record = {};
    return true;
  }
}

bool is_shared(const std::string& store, const std::string& name, const ImageRecord& record) {
  for (const std::string& other : recorded_names(store)) {
    ImageRecord its;
    try {
      if (other != name && read_record(store, other, its) && its.rootfs == record.rootfs)
        return true;
    } catch (const Error&) {
      return true;  // it may use the same files: remove only the named record
    }
  }
  return false;
}

}  // namespace

void Store::remove(const std::string& name) {
  check_name(name);
  ImageRecord record;
  if (!has_record(path_, name, record)) {
    for (const std::string& fallback : fallbacks_)
      if (read_record(fallback, name, record))
        throw Error(ErrorKind::denied, "remove the image " + name, 0,
                    "it is in another store, " + fallback + ", and this one is " + path_);
    throw Error(ErrorKind::image_missing, "remove the image " + name, 0,
                "cloche image list shows what there is");
  }
  make_store(path_);
  {
    const UniqueFd held = lock_store(path_);
    if (!has_record(path_, name, record))
      throw Error(ErrorKind::image_missing, "remove the image " + name, 0, "another removed it");
    // An image of the same content under another name keeps the files, so users of the files do not
    // matter.
    if (!record.rootfs.empty() && !is_shared(path_, name, record) && is_in_use(path_, record))
      throw Error(ErrorKind::busy, "remove the image " + name, 0,
                  "a program runs on it; try again when it has ended");
    remove_record(path_, name);
  }
  collect_quietly(path_);
}

}  // namespace cloche::image
