// Store::import: verifies and unpacks everything in a staging directory, then moves it into place
// by three renames, the image's record last.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/reference.h"
#include "image/source/open_source.h"
#include "image/source/rootfs.h"
#include "image/source/source.h"
#include "image/store/collect.h"
#include "image/store/found.h"
#include "image/store/lock.h"
#include "image/store/pool.h"
#include "image/store/record.h"
#include "image/store/staging.h"
#include "image/tree.h"
#include "util/json.h"
#include "util/random.h"
#include "util/time.h"

namespace cloche::image {

namespace {

// The state of an import: its plan and its results.
struct Import {
  Importer importer;
  Source source;
  ImportPlan plan;
  ImageRecord record;
  Progress progress;
  std::uint64_t stored = 0;    // bytes of all layers, as far as their sizes are announced
  std::uint64_t unpacked = 0;  // bytes of the layers that are done
  std::vector<std::string> diff_ids;
};

void tell(const Progress& progress, const std::string& what, std::uint64_t done, std::uint64_t of) {
  if (progress) progress(what, done, of);
}

std::uint64_t size_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
             ? static_cast<std::uint64_t>(status.st_size)
             : 0;
}

ImportPlan plan_of(const Importer& importer, const Source& source, const std::string& reference) {
  switch (source.kind) {
    case SourceKind::docker_archive:
      return plan_docker_archive(importer, source, reference);
    case SourceKind::rootfs: {
      if (!reference.empty())
        throw Error(ErrorKind::usage, "find the image '" + reference + "' in " + source.shown, 0,
                    "it is a root file system, which has no tags");
      ImportPlan plan;
      plan.layers.emplace_back();
      plan.layers.back().compression = "any";
      return plan;
    }
    default:
      return plan_layout(importer, source, reference);
  }
}

void check_caps(const Caps& caps) {
  if (caps.path <= 4096 && caps.depth <= 2048) return;
  throw Error(ErrorKind::usage, "raise a cap of the import so far", 0,
              "Linux has no path of more than 4096 bytes, and 2048 parts in it");
}

// Unpacks one layer, and keeps a copy of its blob.
void unpack_layer(Import& job, std::size_t index, int rootfs) {
  const PlannedLayer& layer = job.plan.layers[index];
  const bool is_rootfs = job.source.kind == SourceKind::rootfs;
  const std::string number =
      std::to_string(index + 1) + " of " + std::to_string(job.plan.layers.size());
  const std::string what = "layer " + number + " of " + job.source.shown;
  const UniqueFd blob =
      is_rootfs ? std::move(job.source.tar) : open_blob(job.source, layer.path, what);
  const int blobs = job.importer.blobs.get();
  const std::string pending = "layer";
  UniqueFd copy;
  if (is_rootfs && job.source.spooled) {
    // The spooled tar is a copy already.
    if (::renameat(job.importer.scratch, kSpool, blobs, pending.c_str()) < 0)
      throw Error::from_errno("move a file in the image store", errno);
  } else {
    copy.reset(::openat(blobs, pending.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!copy) throw Error::from_errno("make a file in the image store", errno);
  }
  Announced announced;
  announced.digest = layer.digest;
  announced.size = layer.size;
  announced.diff_id = layer.diff_id;
  announced.compression = layer.compression;
  const std::uint64_t size = size_of(blob.get());
  const std::uint64_t of = std::max(job.stored, job.unpacked + size);
  const std::string doing = "unpacking layer " + number;
  tell(job.progress, doing, job.unpacked, of);
  const Unpacked unpacked = job.importer.unpacker.run(
      is_rootfs ? "rootfs" : "layer", what, blob.get(), rootfs, copy.get(), announced,
      [&](std::uint64_t done) { tell(job.progress, doing, job.unpacked + done, of); });
  job.unpacked += unpacked.size;
  tell(job.progress, doing, job.unpacked, of);
  if (::fchmodat(blobs, pending.c_str(), 0644, 0) < 0 ||
      ::renameat(blobs, pending.c_str(), blobs, hex_of(unpacked.digest).c_str()) < 0)
    throw Error::from_errno("keep a blob", errno);
  std::string media_type = layer.media_type;
  if (media_type.empty()) {
    media_type = "application/vnd.oci.image.layer.v1.tar";
    if (unpacked.compression != "none") media_type += "+" + unpacked.compression;
  }
  job.record.image.layers.push_back({unpacked.digest, media_type, unpacked.size});
  job.record.blobs.push_back(hex_of(unpacked.digest));
  job.diff_ids.push_back(unpacked.diff_id);
  Dropped& dropped = job.record.image.dropped;
  dropped.devices += unpacked.dropped_devices;
  dropped.set_ids += unpacked.dropped_set_ids;
  dropped.attributes += unpacked.dropped_xattrs;
}

// Makes the configuration of a root file system, which has none. It depends only on the content.
void make_config(Import& job) {
  // Some tools need a time.
  const std::string created = utc_time(0);
  const SortedJson config = {
      {"created", created},
      {"architecture", host_architecture()},
      {"os", "linux"},
      {"config", SortedJson::object()},
      {"rootfs", {{"type", "layers"}, {"diff_ids", job.diff_ids}}},
      {"history", {{{"created", created}, {"created_by", "cloche image import"}}}}};
  job.plan.config_text = config.dump();
  job.plan.config_digest = add_blob(job.importer, job.plan.config_text);
}

// Makes a manifest from the unpacked layers. Root file systems and Docker archives have none.
void make_manifest(Import& job) {
  SortedJson layers = SortedJson::array();
  for (const Layer& layer : job.record.image.layers)
    layers.push_back(
        {{"mediaType", layer.media_type}, {"digest", layer.digest}, {"size", layer.size}});
  const SortedJson manifest = {{"schemaVersion", 2},
                               {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                               {"config",
                                {{"mediaType", "application/vnd.oci.image.config.v1+json"},
                                 {"digest", job.plan.config_digest},
                                 {"size", job.plan.config_text.size()}}},
                               {"layers", layers}};
  job.plan.manifest = manifest.dump();
  job.plan.manifest_digest = add_blob(job.importer, job.plan.manifest);
}

void unpack(Import& job, const UniqueFd& entry, const UniqueFd& rootfs) {
  for (const PlannedLayer& layer : job.plan.layers)
    job.stored += static_cast<std::uint64_t>(std::max<std::int64_t>(0, layer.size));
  for (std::size_t i = 0; i < job.plan.layers.size(); ++i) unpack_layer(job, i, rootfs.get());
  job.importer.unpacker.share(job.source.shown, rootfs.get());
  if (job.plan.config_digest.empty()) make_config(job);
  if (job.plan.manifest_digest.empty()) make_manifest(job);
  // Everyone must be able to enter the root directory, whatever the layers say.
  if (::fchmod(rootfs.get(), 0755) < 0) throw Error::from_errno("chmod a root directory", errno);
  add_mount_points(rootfs.get(), job.source.shown);
  job.record.image.bytes = tree_bytes(entry.get(), "root");
  const UniqueFd lock(::openat(entry.get(), "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!lock || ::fchmod(lock.get(), 0644) < 0)
    throw Error::from_errno("make a lock file in the image store", errno);
  // Write the files first: after a power cut no record may name files that are missing.
  tell(job.progress, "writing to disk", 0, 0);
  if (::syncfs(rootfs.get()) < 0) throw Error::from_errno("write the image to disk", errno);
}

void move_blobs(const std::string& store, const Import& job) {
  for (const std::string& blob : job.record.blobs) {
    const std::string to = store + "/blobs/sha256/" + blob;
    if (::renameat(job.importer.blobs.get(), blob.c_str(), AT_FDCWD, to.c_str()) < 0 &&
        errno != ENOENT)
      throw Error::from_errno("move a blob to " + to, errno);
  }
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// Moves the image's files to their places. The caller holds the store's lock. Existing files of the
// same image stay for programs that run on it, but the record does not use them any more: they may
// be damaged.
void commit(const std::string& store, Import& job, const Staging& staging) {
  std::string& name = job.record.rootfs;
  name = hex_of(job.record.image.digest);
  if (exists(store + "/rootfs/" + name)) name += "-" + random_name();
  const std::string to = store + "/rootfs/" + name;
  if (::renameat(staging.fd(), "entry", AT_FDCWD, to.c_str()) < 0)
    throw Error::from_errno("move the image to " + to, errno);
  move_blobs(store, job);
}

// The last step. It leases the image at once, because another process may remove its name right
// after.
Image finish(const std::string& store, const Import& job) {
  write_record(store, job.record);
  return find_image({store}, job.record.image.name).record.image;
}

bool has_all_blobs(const std::string& store, const ImageRecord& record) {
  return std::all_of(record.blobs.begin(), record.blobs.end(), [&store](const std::string& blob) {
    return exists(store + "/blobs/sha256/" + blob);
  });
}

// Skips unpacking if the store has an image of this manifest under another name, and takes that
// record's files. Replacing an image by itself unpacks it anew, because its files may be damaged.
bool reuse(const std::string& store, Import& job, const Caps& caps) {
  if (job.plan.manifest_digest.empty()) return false;
  // A broken record does not stop an import.
  const auto has = [&store](const std::string& name, ImageRecord& record) {
    try {
      return read_record(store, name, record);
    } catch (const Error&) {
      return false;
    }
  };
  ImageRecord other;
  if (has(job.record.image.name, other) && other.image.digest == job.plan.manifest_digest)
    return false;
  for (const std::string& name : recorded_names(store)) {
    if (!has(name, other)) continue;
    if (other.image.digest != job.plan.manifest_digest) continue;
    if (!exists(store + "/rootfs/" + other.rootfs + "/root") || !has_all_blobs(store, other) ||
        other.image.bytes > caps.bytes)
      continue;
    other.image.name = job.record.image.name;
    other.image.created = job.record.image.created;
    job.record = other;
    return true;
  }
  return false;
}

}  // namespace

Image Store::import(const std::string& source, const std::string& name,
                    const ImportOptions& options) {
  check_name(name);
  check_caps(options.caps);
  if (!options.replace) check_free(path_, name);
  Staging staging(path_);
  const UniqueFd pool = open_pool(path_);
  const UnpackerProcess unpacker(staging.lock(), pool.get(), options.caps);
  Import job{{staging.fd(), unpacker, staging.make_directory("blobs", 0700)}};
  job.progress = options.progress;
  job.source = open_source(source, options, staging.fd(), unpacker);
  job.plan = plan_of(job.importer, job.source, options.reference);
  job.record.image.name = name;
  job.record.image.created = static_cast<std::int64_t>(std::time(nullptr));

  Image made;
  bool done = false;
  {
    const UniqueFd held = lock_store(path_);
    done = reuse(path_, job, options.caps);
    if (done && !options.replace) check_free(path_, name);
    if (done) made = finish(path_, job);
  }
  if (!done) {
    const UniqueFd entry = staging.make_directory("entry", 0755);
    const UniqueFd rootfs = staging.make_directory("entry/root", 0755);
    unpack(job, entry, rootfs);
    Image& image = job.record.image;
    image.digest = job.plan.manifest_digest;
    image.config = job.plan.config.config;
    job.record.blobs.push_back(hex_of(image.digest));
    job.record.blobs.push_back(hex_of(job.plan.config_digest));
    const UniqueFd held = lock_store(path_);
    if (!options.replace) check_free(path_, name);
    commit(path_, job, staging);
    made = finish(path_, job);
  }
  collect_quietly(path_);
  return made;
}

Image Store::import(const std::string& source, const std::string& name,
                    const std::string& reference, const Progress& progress) {
  ImportOptions options;
  options.reference = reference;
  options.progress = progress;
  return import(source, name, options);
}

}  // namespace cloche::image
