// Store::import: everything is verified and unpacked in a staging directory, then moved to its
// place by three renames, the image's record last.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/collect.h"
#include "image/lock.h"
#include "image/name.h"
#include "image/pool.h"
#include "image/record.h"
#include "image/rootfs.h"
#include "image/source.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

// An import under way: what was planned, and what came of it.
struct Import {
  Importer importer;
  Source source;
  Plan plan;
  Record record;
  Progress progress;
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

// The source as a directory: itself, or what is in the archive.
Source open_source(const std::string& path, const Unpacker& unpacker, Staging& staging,
                   const Progress& progress) {
  Source source;
  source.shown = path == "-" ? "standard input" : path;
  UniqueFd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw Error(ErrorKind::no_input, "open " + source.shown, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) throw Error::from_errno("stat " + source.shown, errno);
  if (S_ISDIR(status.st_mode)) {
    source.directory = std::move(fd);
    return source;
  }
  const std::uint64_t of = size_of(fd.get());
  const std::string doing = "reading " + source.shown;
  tell(progress, doing, 0, of);
  source.directory = staging.make_directory("archive", 0700);
  unpacker.run("archive", source.shown, fd.get(), source.directory.get(), -1, {},
               [&](std::uint64_t done) { tell(progress, doing, done, of); });
  return source;
}

Plan plan_of(const Importer& importer, const Source& source, const std::string& reference) {
  // Newer Docker archives are both; the OCI form says more.
  if (has_file(source, "oci-layout")) return plan_layout(importer, source, reference);
  if (has_file(source, "manifest.json")) return plan_docker_archive(importer, source, reference);
  corrupt(source.shown, "it is no image",
          "an OCI layout has a file oci-layout, a Docker archive a file manifest.json");
}

// Unpacks one layer, and keeps a copy of its blob.
void unpack_layer(Import& job, std::size_t index, int rootfs) {
  const PlannedLayer& layer = job.plan.layers[index];
  const std::string number =
      std::to_string(index + 1) + " of " + std::to_string(job.plan.layers.size());
  const std::string what = "layer " + number + " of " + job.source.shown;
  const UniqueFd blob = open_blob(job.source, layer.path, what);
  const int blobs = job.importer.blobs.get();
  const std::string pending = "layer";
  const UniqueFd copy(
      ::openat(blobs, pending.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!copy) throw Error::from_errno("make a file in the image store", errno);
  Announced announced;
  announced.digest = layer.digest;
  announced.size = layer.size;
  announced.diff_id = layer.diff_id;
  announced.compression = layer.compression;
  const std::uint64_t of = size_of(blob.get());
  const std::string doing = "unpacking layer " + number;
  tell(job.progress, doing, 0, of);
  const Unpacked unpacked =
      job.importer.unpacker.run("layer", what, blob.get(), rootfs, copy.get(), announced,
                                [&](std::uint64_t done) { tell(job.progress, doing, done, of); });
  tell(job.progress, doing, of, of);
  if (::fchmod(copy.get(), 0644) < 0 ||
      ::renameat(blobs, pending.c_str(), blobs, hex_of(unpacked.digest).c_str()) < 0)
    throw Error::from_errno("keep a blob", errno);
  std::string media_type = layer.media_type;
  if (media_type.empty()) {
    media_type = "application/vnd.oci.image.layer.v1.tar";
    if (unpacked.compression != "none") media_type += "+" + unpacked.compression;
  }
  job.record.image.layers.push_back({unpacked.digest, media_type, unpacked.size});
  job.record.blobs.push_back(hex_of(unpacked.digest));
  Dropped& dropped = job.record.image.dropped;
  dropped.devices += unpacked.dropped_devices;
  dropped.set_ids += unpacked.dropped_set_ids;
  dropped.attributes += unpacked.dropped_xattrs;
}

// A Docker archive has no manifest: one is made of what its layers turned out to be.
void make_manifest(Import& job) {
  Json layers = Json::array();
  for (const Layer& layer : job.record.image.layers)
    layers.push_back(
        {{"mediaType", layer.media_type}, {"digest", layer.digest}, {"size", layer.size}});
  const Json manifest = {{"schemaVersion", 2},
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
  for (std::size_t i = 0; i < job.plan.layers.size(); ++i) unpack_layer(job, i, rootfs.get());
  if (job.plan.manifest_digest.empty()) make_manifest(job);
  // The root must let everyone pass, whatever the layers say.
  if (::fchmod(rootfs.get(), 0755) < 0) throw Error::from_errno("chmod a root directory", errno);
  add_mount_points(rootfs.get(), job.source.shown);
  job.record.image.bytes = tree_bytes(entry.get(), "root");
  const UniqueFd lock(::openat(entry.get(), "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!lock || ::fchmod(lock.get(), 0644) < 0)
    throw Error::from_errno("make a lock file in the image store", errno);
  // So that a record never outlives, after a power cut, the files that it promises.
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

// Under the store's lock: makes the image one of the store.
void commit(const std::string& store, const Import& job, const Staging& staging) {
  const std::string to = store + "/rootfs/" + job.record.rootfs;
  struct stat status {};
  // If another import brought the same image meanwhile, its files are as good as ours.
  if (::lstat(to.c_str(), &status) < 0 &&
      ::renameat(staging.fd(), "entry", AT_FDCWD, to.c_str()) < 0)
    throw Error::from_errno("move the image to " + to, errno);
  move_blobs(store, job);
  write_record(store, job.record);
}

// What is unpacked already needs no unpacking: the record of an image in the store that has this
// manifest.
bool reuse(const std::string& store, Import& job) {
  if (job.plan.manifest_digest.empty()) return false;
  for (const std::string& name : recorded_names(store)) {
    Record other;
    try {
      if (!read_record(store, name, other)) continue;
    } catch (const Error&) {
      continue;  // a broken record is no reason not to import
    }
    if (other.image.digest != job.plan.manifest_digest) continue;
    struct stat status {};
    const std::string rootfs = store + "/rootfs/" + other.rootfs + "/root";
    if (::stat(rootfs.c_str(), &status) < 0) continue;
    other.image.name = job.record.image.name;
    other.image.created = job.record.image.created;
    job.record = other;
    return true;
  }
  return false;
}

}  // namespace

Image Store::import(const std::string& source, const std::string& name,
                    const std::string& reference, const Progress& progress) {
  check_name(name);
  Staging staging(path_);
  const UniqueFd pool = open_pool(path_);
  const Unpacker unpacker(staging.lock(), pool.get());
  Import job{{staging, unpacker, staging.make_directory("blobs", 0700)}, {}, {}, {}, progress};
  job.source = open_source(source, unpacker, staging, progress);
  job.plan = plan_of(job.importer, job.source, reference);
  job.record.image.name = name;
  job.record.image.created = static_cast<std::int64_t>(std::time(nullptr));

  bool done = false;
  {
    const UniqueFd held = lock_store(path_);
    done = reuse(path_, job);
    if (done) write_record(path_, job.record);
  }
  if (!done) {
    const UniqueFd entry = staging.make_directory("entry", 0755);
    const UniqueFd rootfs = staging.make_directory("entry/root", 0755);
    unpack(job, entry, rootfs);
    Image& image = job.record.image;
    image.digest = job.plan.manifest_digest;
    image.config = job.plan.config.config;
    job.record.rootfs = hex_of(image.digest);
    job.record.blobs.push_back(hex_of(image.digest));
    job.record.blobs.push_back(hex_of(job.plan.config_digest));
    const UniqueFd held = lock_store(path_);
    commit(path_, job, staging);
  }
  collect(path_);
  return find(name);
}

}  // namespace cloche::image
