// Store::export_to: writes the blobs of an image as an OCI layout.

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/reference.h"
#include "image/source/document.h"
#include "image/source/tar_stream.h"
#include "image/store/found.h"
#include "image/store/staging.h"
#include "image/tree.h"
#include "image/unpacker.h"
#include "util/file.h"
#include "util/json.h"

namespace cloche::image {

namespace {

constexpr const char* kMark = "{\"imageLayoutVersion\":\"1.0.0\"}";

struct OutgoingBlob {
  std::string hex;
  std::uint64_t size;
  UniqueFd file;
};

// The blobs of an export. They are opened at once, so that they stay readable if the image is
// removed meanwhile.
struct Outgoing {
  std::vector<OutgoingBlob> blobs;
  std::uint64_t bytes = 0;
  std::string index;
};

Outgoing gather(const FoundImage& found, const std::string& reference) {
  Outgoing outgoing;
  for (const std::string& hex : found.record.blobs) {
    OutgoingBlob blob{hex, 0,
                      UniqueFd(::open(found.blob(hex).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW))};
    if (!blob.file)
      throw Error(errno == ENOENT ? ErrorKind::image_corrupt : Error::from_errno("", errno).kind(),
                  "open the blob " + hex + " of " + found.record.image.name, errno,
                  "import the image again");
    struct stat status {};
    if (::fstat(blob.file.get(), &status) < 0) throw Error::from_errno("stat a blob", errno);
    blob.size = static_cast<std::uint64_t>(status.st_size);
    const bool known = std::any_of(outgoing.blobs.begin(), outgoing.blobs.end(),
                                   [&hex](const OutgoingBlob& other) { return other.hex == hex; });
    if (known) continue;  // as two empty layers are
    outgoing.bytes += blob.size;
    outgoing.blobs.push_back(std::move(blob));
  }
  const std::string what = "the manifest of " + found.record.image.name;
  const std::string manifest = read_file(found.blob(hex_of(found.record.image.digest)));
  std::string type = optional_text(parse_document(manifest, what), "mediaType", what);
  if (type.empty()) type = "application/vnd.oci.image.manifest.v1+json";
  const SortedJson entry = {{"mediaType", type},
                            {"digest", found.record.image.digest},
                            {"size", manifest.size()},
                            {"annotations", {{"org.opencontainers.image.ref.name", reference}}}};
  const SortedJson index = {{"schemaVersion", 2},
                            {"mediaType", "application/vnd.oci.image.index.v1+json"},
                            {"manifests", {entry}}};
  outgoing.index = index.dump();
  return outgoing;
}

class Export {
 public:
  Export(const Outgoing& outgoing, const Progress& progress)
      : outgoing_(outgoing), progress_(progress) {}

  // Copies the blob's bytes to `target`, and compares their digest with the blob's name.
  void copy(const OutgoingBlob& blob, int target) {
    Announced announced;
    announced.digest = "sha256:" + blob.hex;
    announced.size = static_cast<std::int64_t>(blob.size);
    Caps caps;
    caps.bytes = ~std::uint64_t{0} >> 2;
    caps.time = std::chrono::hours(24 * 365);
    const UnpackerProcess unpacker(-1, -1, caps);
    unpacker.run("copy", "the blob " + blob.hex, blob.file.get(), -1, target, announced,
                 [this](std::uint64_t done) { tell(done_ + done); });
    done_ += blob.size;
    tell(done_);
  }

  void to_tar(int fd, const std::string& shown) {
    TarStream tar(fd, shown);
    tar.file("oci-layout", kMark);
    tar.file("index.json", outgoing_.index);
    tar.directory("blobs");
    tar.directory("blobs/sha256");
    for (const OutgoingBlob& blob : outgoing_.blobs) {
      tar.begin_file("blobs/sha256/" + blob.hex, blob.size);
      copy(blob, fd);
      tar.end_file(blob.size);
    }
    tar.end();
  }

  void to_directory(const std::string& path) {
    for (const char* part : {"/blobs", "/blobs/sha256"})
      if (::mkdir((path + part).c_str(), 0755) < 0)
        throw Error::from_errno("make the directory " + path + part, errno);
    for (const OutgoingBlob& blob : outgoing_.blobs) {
      const std::string to = path + "/blobs/sha256/" + blob.hex;
      const UniqueFd fd(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
      if (!fd) throw Error::from_errno("make the file " + to, errno);
      copy(blob, fd.get());
    }
    replace_file(path + "/index.json", outgoing_.index);
    replace_file(path + "/oci-layout", kMark);
  }

 private:
  void tell(std::uint64_t done) {
    if (progress_) progress_("exporting", done, outgoing_.bytes);
  }

  const Outgoing& outgoing_;
  const Progress& progress_;
  std::uint64_t done_ = 0;
};

// A temporary name beside the destination. It becomes the destination in one step, or is removed.
class Beside {
 public:
  explicit Beside(const std::string& destination) : to_(destination) {
    while (to_.size() > 1 && to_.back() == '/') to_.pop_back();
    if (::faccessat(AT_FDCWD, to_.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) refuse();
    path_ = to_ + ".XXXXXX";
  }
  ~Beside() {
    if (kept_) return;
    try {
      remove_tree(AT_FDCWD, path_);
    } catch (const Error&) {
      // It stays. Its name shows its origin.
    }
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  const std::string& make_directory() {
    if (::mkdtemp(path_.data()) == nullptr || ::chmod(path_.c_str(), 0755) < 0) fail();
    return path_;
  }
  UniqueFd make_file() {
    UniqueFd fd(::mkostemp(path_.data(), O_CLOEXEC));
    if (!fd || ::fchmod(fd.get(), 0644) < 0) fail();
    return fd;
  }
  void keep() {
    const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::syncfs(fd.get()) < 0)
      throw Error::from_errno("write " + path_ + " to disk", errno);
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, to_.c_str(), RENAME_NOREPLACE) < 0) {
      if (errno == EEXIST) refuse();
      throw Error::from_errno("rename " + path_ + " to " + to_, errno);
    }
    kept_ = true;
  }

 private:
  [[noreturn]] void refuse() const {
    throw Error(ErrorKind::taken, "export to " + to_, 0, "it exists; remove it or name another");
  }
  [[noreturn]] void fail() {
    const int reason = errno;
    kept_ = true;  // nothing was made
    throw Error::from_errno("make " + path_ + " to export to", reason);
  }

  std::string to_;
  std::string path_;
  bool kept_ = false;
};

}  // namespace

void Store::export_to(const std::string& name, const std::string& destination,
                      const std::string& reference, const Progress& progress) const {
  if (!reference.empty()) check_name(reference, "a tag");
  for (const char* ending : {".tgz", ".tar.gz", ".tar.zst"})
    if (destination.ends_with(ending))
      throw Error(ErrorKind::usage, "export to " + destination, 0,
                  "a tar that is not compressed ends in .tar; - writes one to standard output, for "
                  "a program that compresses");
  const FoundImage found = find_image(all(), name);
  const Outgoing outgoing = gather(found, reference.empty() ? name : reference);
  Export job(outgoing, progress);
  if (destination == "-") return job.to_tar(STDOUT_FILENO, "standard output");
  Beside beside(destination);
  if (destination.ends_with(".tar")) {
    const UniqueFd fd = beside.make_file();
    job.to_tar(fd.get(), destination);
  } else {
    job.to_directory(beside.make_directory());
  }
  beside.keep();
}

}  // namespace cloche::image
