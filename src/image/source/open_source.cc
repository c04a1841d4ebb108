#include "image/source/open_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "image/marks.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

// Makes the copy of a source that is read twice.
UniqueFd spool(int scratch) {
  UniqueFd fd(::openat(scratch, kSpool, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) throw Error::from_errno("make a file in the image store", errno);
  return fd;
}

void rewind(int fd, const std::string& shown) {
  if (::lseek(fd, 0, SEEK_SET) < 0) throw Error::from_errno("read " + shown + " again", errno);
}

// Decides by names at the top alone. An image that lacks a part is thus never taken for a root file
// system, and a source with the marks of both is refused.
SourceKind kind_of(const Source& source) {
  bool image = false;
  bool rootfs = false;
  for (const std::string& name : children_of(source.directory.get())) {
    image = image || marks_image(name);
    rootfs = rootfs || marks_rootfs(name);
  }
  if (image && rootfs)
    throw Error(ErrorKind::usage, "tell what " + source.shown + " is", 0,
                "it has the marks of an image and those of a root file system; say which with "
                "--type");
  if (!image && !rootfs)
    corrupt(source.shown, "it is no image, and no root file system either",
            "an OCI layout has a file oci-layout, a Docker archive a file manifest.json, a root "
            "file system a directory such as /usr or /bin; --type rootfs takes any directory or "
            "tar for one");
  if (rootfs) return SourceKind::rootfs;
  // Newer Docker archives have both forms; the OCI form has more information.
  for (const char* mark : {"oci-layout", "index.json"})
    if (has_file(source, mark)) return SourceKind::layout;
  return has_file(source, "manifest.json") ? SourceKind::docker_archive : SourceKind::layout;
}

void open_directory(Source& source, UniqueFd fd, const ImportOptions& options, int scratch,
                    const UnpackerProcess& unpacker) {
  source.directory = std::move(fd);
  source.kind = options.kind == SourceKind::automatic ? kind_of(source) : options.kind;
  if (source.kind != SourceKind::rootfs) return;
  source.tar = spool(scratch);
  source.spooled = true;
  const std::string doing = "packing " + source.shown;
  if (options.progress) options.progress(doing, 0, 0);
  unpacker.run("tree", source.shown, source.directory.get(), -1, source.tar.get(), {},
               [&](std::uint64_t done) {
                 if (options.progress) options.progress(doing, done, 0);
               });
  rewind(source.tar.get(), source.shown);
}

void open_archive(Source& source, UniqueFd fd, std::uint64_t size, const ImportOptions& options,
                  int scratch, const UnpackerProcess& unpacker) {
  const SourceKind wanted = options.kind;
  source.kind = wanted;
  source.tar = std::move(fd);
  if (wanted == SourceKind::rootfs) return;
  // A pipe can be read only once, so a possible root file system is copied while it is read.
  const bool again = ::lseek(source.tar.get(), 0, SEEK_CUR) == 0;
  UniqueFd kept;
  if (!again && wanted == SourceKind::automatic) kept = spool(scratch);
  source.directory = make_directory(scratch, "archive", 0700);
  const std::string doing = "reading " + source.shown;
  if (options.progress) options.progress(doing, 0, size);
  unpacker.run("archive", source.shown, source.tar.get(), source.directory.get(), kept.get(), {},
               [&](std::uint64_t done) {
                 if (options.progress) options.progress(doing, done, size);
               });
  if (wanted == SourceKind::automatic) source.kind = kind_of(source);
  if (source.kind != SourceKind::rootfs) {
    source.tar.reset();
    if (kept) ::unlinkat(scratch, kSpool, 0);
    return;
  }
  source.spooled = static_cast<bool>(kept);
  if (kept) source.tar = std::move(kept);
  rewind(source.tar.get(), source.shown);
}

}  // namespace

namespace {

// Opening a FIFO would block the whole command until a writer comes.
void wait_for_writer(int fifo, const std::string& shown, const Progress& progress,
                     Deadline deadline) {
  constexpr int kPollTime = 200;  // ms
  pollfd watched{fifo, POLLIN, 0};
  while (::poll(&watched, 1, kPollTime) <= 0) {
    if (progress) progress("waiting for " + shown, 0, 0);
    if (std::chrono::steady_clock::now() >= deadline)
      throw Error(ErrorKind::too_large, "read " + shown + ": it takes too long", 0,
                  "no program has opened it for writing");
  }
}

UniqueFd open_path(const std::string& path, const std::string& shown, const Progress& progress,
                   Deadline deadline) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) throw Error(ErrorKind::no_input, "open " + shown, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && S_ISFIFO(status.st_mode))
    wait_for_writer(fd.get(), shown, progress, deadline);
  if (::fcntl(fd.get(), F_SETFL, 0) < 0) throw Error::from_errno("open " + shown, errno);
  return fd;
}

}  // namespace

Source open_source(const std::string& path, const ImportOptions& options, int scratch,
                   const UnpackerProcess& unpacker) {
  Source source;
  source.shown = path == "-" ? "standard input" : path;
  if (!options.shown.empty()) source.shown = options.shown;
  UniqueFd fd = path == "-" ? UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3))
                            : open_path(path, source.shown, options.progress,
                                        unpacker.allowance().deadline());
  if (!fd) throw Error(ErrorKind::no_input, "open " + source.shown, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) throw Error::from_errno("stat " + source.shown, errno);
  if (S_ISDIR(status.st_mode)) {
    open_directory(source, std::move(fd), options, scratch, unpacker);
  } else {
    open_archive(source, std::move(fd), static_cast<std::uint64_t>(status.st_size), options,
                 scratch, unpacker);
  }
  return source;
}

}  // namespace cloche::image
