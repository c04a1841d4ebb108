// Store::verify: compares the blobs with their digests, and the root file system with the blobs.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/source/document.h"
#include "image/source/rootfs.h"
#include "image/store/compare.h"
#include "image/store/found.h"
#include "image/store/staging.h"
#include "image/tree.h"
#include "image/unpacker.h"
#include "util/file.h"
#include "util/json.h"

namespace cloche::image {

namespace {

// The image was imported under the caps of that time, which are unknown.
Caps unlimited() {
  Caps caps;
  caps.bytes = ~std::uint64_t{0} >> 2;
  caps.entries = ~std::uint64_t{0} >> 2;
  caps.depth = 2048;
  caps.time = std::chrono::hours(24 * 365);
  return caps;
}

class Verification {
 public:
  Verification(const FoundImage& found, const Progress& progress)
      : found_(found), progress_(progress) {
    for (const Layer& layer : found.record.image.layers) bytes_ += 2 * layer.size;
  }

  std::vector<Difference> run(const std::string& store) {
    const bool blobs = check_blobs();
    // The content of damaged blobs proves nothing about the root file system.
    if (!blobs || !check_documents()) return std::move(differences_);
    check_entry();
    check_files(store);
    return std::move(differences_);
  }

 private:
  void add(const std::string& where, const std::string& what) {
    differences_.push_back({where, what});
  }

  void tell(const std::string& doing, std::uint64_t done) {
    if (progress_) progress_(doing, std::min(done_ + done, bytes_), bytes_);
  }

  UniqueFd open_blob(const std::string& hex) {
    UniqueFd fd(::open(found_.blob(hex).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status {};
    if (!fd) {
      add("blob sha256:" + hex, errno == ENOENT ? "is missing" : "cannot be opened");
    } else if (::fstat(fd.get(), &status) < 0 || !S_ISREG(status.st_mode)) {
      add("blob sha256:" + hex, "is no regular file");
      fd.reset();
    }
    return fd;
  }

  bool check_blobs() {
    const UnpackerProcess unpacker(-1, -1, unlimited());
    for (const std::string& hex : found_.record.blobs) {
      const UniqueFd fd = open_blob(hex);
      if (!fd) continue;
      Announced announced;
      announced.digest = "sha256:" + hex;
      try {
        const Unpacked blob =
            unpacker.run("copy", "the blob sha256:" + hex, fd.get(), -1, -1, announced,
                         [this](std::uint64_t done) { tell("hashing blobs", done); });
        done_ += blob.size;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::digest_mismatch) throw;
        add("blob sha256:" + hex, "its content has another digest");
      }
    }
    return differences_.empty();
  }

  // Compares the record with the manifest and the configuration that it names.
  bool check_documents() {
    const Image& image = found_.record.image;
    const std::string name = "the record";
    try {
      const SortedJson manifest =
          parse_document(read_file(found_.blob(hex_of(image.digest))), "the manifest");
      const SortedJson& layers = member(manifest, "layers", "the manifest");
      bool same = found_.record.rootfs.starts_with(hex_of(image.digest)) && layers.is_array() &&
                  layers.size() == image.layers.size();
      for (std::size_t i = 0; same && i < layers.size(); ++i) {
        const Descriptor layer = descriptor_of(layers[i], "the manifest");
        same = layer.digest == image.layers[i].digest &&
               static_cast<std::uint64_t>(layer.size) == image.layers[i].size;
      }
      if (!same) {
        add(name, "it does not say what the manifest does");
        return false;
      }
      const std::string config =
          text_member(member(manifest, "config", "the manifest"), "digest", "the manifest");
      check_digest(config, "the manifest");
      const ConfigDocument document =
          config_of(read_file(found_.blob(hex_of(config))), "the configuration");
      diff_ids_ = document.diff_ids;
      const Config& own = image.config;
      const Config& its = document.config;
      if (own.env != its.env || own.entrypoint != its.entrypoint || own.cmd != its.cmd ||
          own.working_dir != its.working_dir || own.user != its.user)
        add(name, "its configuration is not that of the image");
    } catch (const Error& error) {
      add(name, error.what());
      return false;
    }
    return true;
  }

  // Files beside the root file system.
  void check_entry() {
    const UniqueFd entry(::open(found_.entry().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!entry) throw Error::from_errno("open " + found_.entry(), errno);
    for (const std::string& name : children_of(entry.get()))
      if (name != "root" && name != "lock") add("rootfs/" + name, "is not the store's");
  }

  void check_files(const std::string& store) {
    Staging staging(store, Staging::Leftovers::leave);
    // Unpacks without the pool: its files are those to be checked.
    const UnpackerProcess unpacker(staging.lock(), -1, unlimited());
    const UniqueFd expected = staging.make_directory("root", 0755);
    const Image& image = found_.record.image;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      const UniqueFd blob = open_blob(hex_of(image.layers[i].digest));
      if (!blob) return;
      Announced announced;
      announced.digest = image.layers[i].digest;
      if (i < diff_ids_.size()) announced.diff_id = diff_ids_[i];
      unpacker.run("layer", "layer " + std::to_string(i + 1) + " of " + image.name, blob.get(),
                   expected.get(), -1, announced,
                   [this](std::uint64_t done) { tell("unpacking again", done); });
      done_ += image.layers[i].size;
    }
    if (::fchmod(expected.get(), 0755) < 0)
      throw Error::from_errno("chmod a root directory", errno);
    add_mount_points(expected.get(), image.name);
    tell("comparing", 0);
    const UniqueFd root(
        ::open(image.rootfs.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    struct stat owner {};
    if (!root) return add("/", "the root file system is missing");
    if (::stat(found_.store.c_str(), &owner) < 0)
      throw Error::from_errno("stat " + found_.store, errno);
    for (Difference& difference : compare_trees(expected.get(), root.get(), owner.st_uid))
      differences_.push_back(std::move(difference));
  }

  const FoundImage& found_;
  const Progress& progress_;
  std::vector<Difference> differences_;
  std::vector<std::string> diff_ids_;
  std::uint64_t bytes_ = 0;
  std::uint64_t done_ = 0;
};

std::vector<RecordVersion> versions(const std::vector<std::string>& stores,
                                    const std::string& name) {
  std::vector<RecordVersion> list;
  for (const std::string& store : stores) list.push_back(record_version(store, name));
  return list;
}

}  // namespace

std::vector<Difference> Store::verify(const std::string& name, const Progress& progress) const {
  constexpr int kTries = 10;
  for (int tries = 0; tries < kTries; ++tries) {
    const std::vector<RecordVersion> before = versions(all(), name);
    FoundImage found;
    try {
      found = find_image(all(), name);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::image_corrupt) throw;
      return {{"the record", error.what()}};
    }
    // Another user may be able to read some of the files, but not all.
    struct stat owner {};
    if (::geteuid() != 0 && ::stat(found.store.c_str(), &owner) == 0 && owner.st_uid != ::geteuid())
      throw Error(ErrorKind::denied, "verify the image " + name, 0,
                  "it is in the store of another user, " + found.store);
    std::vector<Difference> differences = Verification(found, progress).run(path_);
    // If the image was removed or replaced meanwhile, its blobs may be missing for that reason.
    if (differences.empty() || versions(all(), name) == before) return differences;
  }
  throw Error(ErrorKind::busy, "verify the image " + name, 0, "it is replaced again and again");
}

}  // namespace cloche::image
