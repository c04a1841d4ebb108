// The work of cloche-unpack on one or two layers: decompress, verify, read the tar, write it below
// a directory, share files through a pool. The first two bytes are the length of the first layer in
// blocks of 512 bytes (0: there is one layer). The layers follow.
//
// The files around the directory must stay unchanged. Run the target as an ordinary user: an input
// that finds a way out writes to this machine.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "fuzz.h"
#include "image/tree.h"
#include "image/unpack/blob.h"
#include "image/unpack/extract.h"
#include "image/unpack/pool.h"
#include "image/unpack/report.h"
#include "util/file.h"

using namespace cloche;
using namespace cloche::unpack;

// A thread may outlive its layer for a moment and still hold an exception, which looks like a leak.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

namespace {

constexpr ExtractCaps kCaps{1 << 20, 2000, 4096, 256};

void check_file(int directory, const char* name, nlink_t names) {
  const UniqueFd fd(::openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  fuzz::demand(fd && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode),
               "what lies outside is there");
  fuzz::demand((status.st_mode & 07777) == 0640 && status.st_nlink == names &&
                   status.st_mtim.tv_sec == 12345 && status.st_size == 9,
               "what lies outside is as it was");
  fuzz::demand(read_all(fd.get(), "the canary") == "untouched", "what lies outside is untouched");
}

// DIRECTORY/aim/file lies outside of the target. Layers are unpacked into DIRECTORY/root.
class Place : public fuzz::Directory {
 public:
  Place() {
    fd_.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ::mkdirat(fd_.get(), "aim", 0755);
    const UniqueFd canary(
        ::openat(fd_.get(), "aim/file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
    ::fchmod(canary.get(), 0640);
    write_all(canary.get(), "untouched", "the canary");
    const timespec times[2] = {{12345, 0}, {12345, 0}};
    ::futimens(canary.get(), times);
  }
  ~Place() {
    image::remove_tree(fd_.get(), "root");
    image::remove_tree(fd_.get(), "pool");
  }

  UniqueFd fresh(const char* name) {
    image::remove_tree(fd_.get(), name);
    fuzz::demand(::mkdirat(fd_.get(), name, 0755) == 0, "a directory can be made");
    return UniqueFd(::openat(fd_.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  void check() {
    check_file(fd_.get(), "aim/file", 1);
    std::size_t entries = 0;
    image::TreeVisitor visitor;
    visitor.enter = [&](int, const std::string& name, const struct stat& status) {
      ++entries;
      return name != "root" && name != "pool" && S_ISDIR(status.st_mode);
    };
    image::walk_tree(fd_.get(), ".", visitor);
    fuzz::demand(entries == 5, "nothing new lies outside");  // itself, aim, file, root, pool
    visitor.enter = [](int, const std::string&, const struct stat& status) {
      fuzz::demand(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode),
                   "there are files, directories and links alone");
      fuzz::demand(S_ISLNK(status.st_mode) || (status.st_mode & 07022) == 0,
                   "there are no set-id bits, and nobody else may write");
      return true;
    };
    image::walk_tree(fd_.get(), "root", visitor);
  }

 private:
  UniqueFd fd_;
};

// Unpacks one layer, and lists its files. False if it was refused.
bool unpack_one(std::string_view bytes, int root, int list) {
  const UniqueFd fd = memory_file(bytes);
  Expected expected;
  expected.max_bytes = 4 << 20;
  try {
    Blob blob(fd.get(), expected);
    try {
      Extractor extractor(root, kCaps, TarKind::layer, list);
      extractor.extract(blob);
      blob.finish();
      fuzz::demand(extractor.counts().entries <= kCaps.entries, "the entries are capped");
      fuzz::demand(extractor.counts().bytes <= kCaps.bytes, "the bytes are capped");
      return true;
    } catch (...) {
      // The blob's thread still reads a descriptor that is closed below.
      try {
        blob.finish();
      } catch (const std::exception&) {
      }
      throw;
    }
  } catch (const Failure& failure) {
    fuzz::demand(failure.kind() == "image_corrupt" || failure.kind() == "too_large",
                 failure.kind() + ": " + failure.what());
    const std::string_view message = failure.what();
    fuzz::demand(std::all_of(message.begin(), message.end(),
                             [](unsigned char byte) { return byte >= ' ' && byte < 127; }),
                 "a message is one line of ASCII");
    return false;
  }
}

std::size_t blocks_of(const std::uint8_t* data, std::size_t size) {
  return size < 2 ? 0 : std::size_t{data[0]} << 8 | data[1];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static Place place;
  const std::string_view layers = fuzz::text_of(data + 2, size - 2);
  const std::size_t cut = std::min(blocks_of(data, size) * 512, layers.size());
  {
    const UniqueFd root = place.fresh("root");
    const UniqueFd pool = place.fresh("pool");
    const UniqueFd list = memory_file({});
    if (cut == 0 || unpack_one(layers.substr(0, cut), root.get(), list.get()))
      unpack_one(layers.substr(cut), root.get(), list.get());
    // Once to fill the pool and once to use it. Then with the input as a list.
    share_files(list.get(), root.get(), pool.get());
    share_files(list.get(), root.get(), pool.get());
    share_files(memory_file(layers).get(), root.get(), pool.get());
  }
  place.check();
  return 0;
}

// Corrects checksums of headers, so that mutated headers get further.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 16 == 0) return size;
  for (std::size_t at = 2; at + 512 <= size; at += 512) {
    std::uint8_t* block = data + at;
    if (std::memcmp(block + 257, "ustar", 5) != 0) continue;
    std::memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (int i = 0; i < 512; ++i) sum += block[i];
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    std::memcpy(block + 148, text, 7);
  }
  return size;
}
