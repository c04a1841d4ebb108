#include "image/source/source.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "image/tree.h"
#include "util/file.h"

namespace cloche::image {

namespace {

UniqueFd make_file(int directory, const std::string& name) {
  UniqueFd fd(::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) throw Error::from_errno("make the file " + name + " in the image store", errno);
  return fd;
}

// Verifies the bytes of `source` and keeps them under their digest.
std::string keep(const Importer& importer, int source, const Announced& announced,
                 const std::string& what) {
  const std::string pending = "document";
  std::string digest;
  try {
    const UniqueFd copy = make_file(importer.blobs.get(), pending);
    digest = importer.unpacker.run("copy", what, source, -1, copy.get(), announced).digest;
    if (::fchmod(copy.get(), 0644) < 0) throw Error::from_errno("chmod a blob", errno);
  } catch (...) {
    ::unlinkat(importer.blobs.get(), pending.c_str(), 0);
    throw;
  }
  const std::string name = hex_of(digest);
  if (::renameat(importer.blobs.get(), pending.c_str(), importer.blobs.get(), name.c_str()) < 0)
    throw Error::from_errno("rename a blob", errno);
  return digest;
}

}  // namespace

UniqueFd open_blob(const Source& source, const std::string& path, const std::string& what) {
  // Does not wait for the other end of a FIFO, and never leaves the source.
  UniqueFd fd = open_within(source.directory.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
                            RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  if (!fd) {
    const int failed = errno;
    if (failed == ENOENT || failed == ENOTDIR)
      corrupt(what, "it is missing", "there is no " + path + " in " + source.shown);
    if (failed == ENXIO || failed == ENODEV) corrupt(what, path + " is no regular file");
    if (failed == ENAMETOOLONG) corrupt(what, "its path is too long");
    if (failed == EXDEV || failed == ELOOP) corrupt(what, path + " leads out of the image");
    throw Error::from_errno("open " + path + " of " + source.shown, failed);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) throw Error::from_errno("stat " + path, errno);
  if (!S_ISREG(status.st_mode)) corrupt(what, path + " is no regular file");
  return fd;
}

std::string read_text(const Source& source, const std::string& path, const std::string& what) {
  const UniqueFd fd = open_blob(source, path, what);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) throw Error::from_errno("stat " + path, errno);
  if (static_cast<std::uint64_t>(status.st_size) > kMaxDocument)
    corrupt(what, "it is larger than " + std::to_string(kMaxDocument) + " bytes");
  return read_all(fd.get(), what);
}

std::string read_blob(const Importer& importer, const Source& source, const std::string& path,
                      std::string& digest, std::int64_t size, const std::string& what) {
  if (size > static_cast<std::int64_t>(kMaxDocument))
    corrupt(what, "it is larger than " + std::to_string(kMaxDocument) + " bytes");
  const UniqueFd fd = open_blob(source, path, what);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) throw Error::from_errno("stat " + path, errno);
  if (static_cast<std::uint64_t>(status.st_size) > kMaxDocument)
    corrupt(what, "it is larger than " + std::to_string(kMaxDocument) + " bytes");
  Announced announced;
  announced.digest = digest;
  announced.size = size;
  digest = keep(importer, fd.get(), announced, what);
  // Reads the verified copy, because the source may have changed since.
  const UniqueFd copy(
      ::openat(importer.blobs.get(), hex_of(digest).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!copy) throw Error::from_errno("open a blob", errno);
  return read_all(copy.get(), what);
}

std::string add_blob(const Importer& importer, const std::string& text) {
  const UniqueFd fd = make_file(importer.scratch, "made");
  write_all(fd.get(), text, "a manifest");
  if (::lseek(fd.get(), 0, SEEK_SET) < 0) throw Error::from_errno("rewind a file", errno);
  const std::string digest = keep(importer, fd.get(), {}, "a manifest");
  ::unlinkat(importer.scratch, "made", 0);
  return digest;
}

bool has_file(const Source& source, const std::string& name) {
  struct stat status {};
  return ::fstatat(source.directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace cloche::image
