#include "image/unpack/pack.h"

#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "image/unpack/report.h"
#include "util/file.h"

namespace cloche::unpack {

namespace {

constexpr int kLevel = 6;
constexpr long kMostWorkers = 8;

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result) != 0)
    throw Failure("system", std::string("compress the layer: ") + ZSTD_getErrorName(result));
  return result;
}

// Compresses to a descriptor, and hashes what it wrote.
class PackSink {
 public:
  explicit PackSink(int fd) : fd_(fd), context_(ZSTD_createCCtx()), buffer_(ZSTD_CStreamOutSize()) {
    if (!context_) throw Failure("system", "start zstd");
    const auto set = [this](ZSTD_cParameter parameter, int value) {
      checked(ZSTD_CCtx_setParameter(context_.get(), parameter, value));
    };
    set(ZSTD_c_compressionLevel, kLevel);
    set(ZSTD_c_checksumFlag, 1);
    // The number of workers does not change the output, but a worker and none give different
    // output.
    const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
    set(ZSTD_c_nbWorkers, static_cast<int>(std::clamp(processors, 1L, kMostWorkers)));
  }

  void add(const void* bytes, std::size_t count, ZSTD_EndDirective how) {
    ZSTD_inBuffer in{bytes, count, 0};
    for (;;) {
      ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
      const std::size_t left = checked(ZSTD_compressStream2(context_.get(), &out, &in, how));
      write_all(fd_, {buffer_.data(), out.pos}, "the layer");
      hash_.add(buffer_.data(), out.pos);
      size_ += out.pos;
      if (how == ZSTD_e_end ? left == 0 : in.pos == in.size) return;
    }
  }

  std::uint64_t size() const { return size_; }
  std::string digest() { return hash_.digest(); }

 private:
  const int fd_;
  const std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<char> buffer_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

}  // namespace

void pack(int source, int target, const Expected& expected) {
  Expected plain = expected;
  plain.compression = "none";
  plain.copy_to = -1;
  Blob tar(source, plain);
  PackSink sink(target);
  const void* bytes = nullptr;
  while (const std::size_t count = tar.next(&bytes)) sink.add(bytes, count, ZSTD_e_continue);
  sink.add(nullptr, 0, ZSTD_e_end);
  tar.finish();
  report("digest", sink.digest());
  report("size", sink.size());
  report("diff_id", tar.diff_id());
}

}  // namespace cloche::unpack
