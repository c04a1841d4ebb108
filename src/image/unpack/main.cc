// cloche-unpack: the only program of cloche that parses compressed data and tar, and the only one
// that hashes. It runs confined, reads a blob once, and reports what it found (report.h).
//
//   cloche-unpack layer   [options]   apply a layer to the target directory
//   cloche-unpack rootfs  [options]   the same, for a tar without a digest, which must be complete
//   cloche-unpack archive [options]   unpack an archive that holds an image to the target directory
//   cloche-unpack files   [options]   unpack any tar to the target directory
//   cloche-unpack copy    [options]   verify a blob and copy it
//   cloche-unpack pack    [options]   compress a tar to a layer
//   cloche-unpack tree    [options]   write a directory as a tar
//   cloche-unpack share   [options]   share the files of a list (file_list.h) with other images
//
// Descriptors: 0 the blob (or directory, or list), 1 the report, 3 the target directory, 4 the copy
// of the blob, 6 the list of files that may be shared, 7 the pool of files.

#include <archive.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <new>

#include "cloche/error.h"
#include "image/unpack/blob.h"
#include "image/unpack/confine.h"
#include "image/unpack/extract.h"
#include "image/unpack/pack.h"
#include "image/unpack/pack_tree.h"
#include "image/unpack/pool.h"
#include "image/unpack/report.h"

namespace cloche::unpack {

namespace {

constexpr int kSource = 0;
constexpr int kTarget = 3;
constexpr int kCopy = 4;
constexpr int kList = 6;
constexpr int kPool = 7;

struct UnpackOptions {
  std::string mode;
  Expected expected;
  ExtractCaps caps;
  std::uint64_t seconds = 0;
  pid_t parent = 0;
  int list = -1;
};

std::uint64_t number(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || text.empty() || *end != '\0') throw Failure("usage", "not a number: " + text);
  return value;
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

UnpackOptions parse(int count, char** arguments) {
  UnpackOptions options;
  if (count < 2) throw Failure("usage", "cloche-unpack is started by cloche, not by hand");
  options.mode = arguments[1];
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const std::string value = arguments[i + 1];
    if (name == "--digest") {
      options.expected.digest = value;
    } else if (name == "--integrity") {
      options.expected.integrity = value;
    } else if (name == "--diff-id") {
      options.expected.diff_id = value;
    } else if (name == "--size") {
      options.expected.size = number(value);
      options.expected.size_known = true;
    } else if (name == "--compression") {
      options.expected.compression = value;
    } else if (name == "--max-bytes") {
      options.expected.max_bytes = options.caps.bytes = number(value);
    } else if (name == "--max-entries") {
      options.caps.entries = number(value);
    } else if (name == "--max-path") {
      options.caps.path = number(value);
    } else if (name == "--max-depth") {
      options.caps.depth = number(value);
    } else if (name == "--max-seconds") {
      options.seconds = number(value);
    } else if (name == "--parent") {
      options.parent = static_cast<pid_t>(number(value));
    } else {
      throw Failure("usage", "unknown option " + name);
    }
  }
  // Checked before anything else is opened: a thread or the C library may use these numbers for a
  // moment.
  if (is_open(kCopy)) options.expected.copy_to = kCopy;
  if (is_open(kList)) options.list = kList;
  return options;
}

void unpack(const UnpackOptions& options, TarKind kind) {
  if (!is_open(kTarget)) throw Failure("usage", "no target directory at descriptor 3");
  Blob blob(kSource, options.expected);
  Extractor extractor(kTarget, options.caps, kind, options.list);
  extractor.extract(blob);
  blob.finish();
  // No digest shows whether it is complete.
  if (options.mode == "rootfs" && blob.zeros_at_end() < 512)
    throw Failure::corrupt("the tar has no end mark: it was cut off");
  report("digest", blob.stored().digest());
  report("size", blob.stored().size());
  report("diff_id", blob.diff_id());
  report("content", blob.size());
  report("compression", blob.compression());
  report("entries", extractor.counts().entries);
  report("bytes", extractor.counts().bytes);
  report("whiteouts", extractor.counts().whiteouts);
  report("dropped_devices", extractor.counts().devices);
  report("dropped_set_ids", extractor.counts().set_ids);
  report("dropped_xattrs", extractor.counts().xattrs);
}

void copy(const UnpackOptions& options) {
  StoredBlob blob(kSource, options.expected);
  blob.finish();
  report("digest", blob.digest());
  report("size", blob.size());
}

void run(const UnpackOptions& options) {
  // No part of this program may outlive a caller that was killed.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (options.parent != 0 && ::getppid() != options.parent)
    throw Failure("system", "the caller has ended");
  ::umask(0077);
  // Names in a tar may be UTF-8, which must stay unchanged.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  Sha256().digest();  // libcrypto reads its configuration now, while files can be opened
  // A write beyond the limit must be an error to report, not a signal that kills the program.
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);  // likewise for a reader that is gone
  const bool sharing = options.mode == "share";
  Confinement confinement;
  confinement.max_file_bytes = options.caps.bytes;
  confinement.max_seconds = options.seconds;
  if (is_open(kTarget)) (sharing ? confinement.linked : confinement.written).push_back(kTarget);
  if (sharing) confinement.linked.push_back(kPool);
  if (options.mode == "tree") confinement.read = kSource;
  confine(confinement);
  if (options.mode == "layer" || options.mode == "rootfs") {
    unpack(options, TarKind::layer);
  } else if (options.mode == "archive") {
    unpack(options, TarKind::archive);
  } else if (options.mode == "files") {
    unpack(options, TarKind::files);
  } else if (sharing) {
    share_files(kSource, kTarget, kPool);
  } else if (options.mode == "copy") {
    copy(options);
  } else if (options.mode == "pack") {
    pack(kSource, kCopy, options.expected);
  } else if (options.mode == "tree") {
    pack_tree(kSource, kCopy, options.caps);
  } else {
    throw Failure("usage", "unknown mode " + options.mode);
  }
}

std::string kind_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::no_space:
      return "no_space";
    case ErrorKind::denied:
      return "denied";
    default:
      return "system";
  }
}

}  // namespace

}  // namespace cloche::unpack

int main(int count, char** arguments) {
  using cloche::unpack::report;
  std::string kind;
  std::string text;
  try {
    cloche::unpack::run(cloche::unpack::parse(count, arguments));
    report("done", std::string());
    return 0;
  } catch (const cloche::unpack::Failure& failure) {
    kind = failure.kind();
    text = failure.what();
  } catch (const cloche::Error& error) {
    kind = cloche::unpack::kind_of(error);
    text = error.what();
  } catch (const std::bad_alloc&) {
    kind = "image_corrupt";
    text = "unpacking needs more memory than it may use";
  } catch (const std::exception& failure) {
    kind = "system";
    text = failure.what();
  }
  try {
    report("error", kind + " " + text);
  } catch (const std::exception&) {
    // The caller is gone.
  }
  ::_exit(1);  // a thread may still wait for a source that sends no more
}
