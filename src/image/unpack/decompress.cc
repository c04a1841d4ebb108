#include "image/unpack/decompress.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "image/unpack/report.h"

namespace cloche::unpack {

namespace {

[[noreturn]] void corrupt(const std::string& why) {
  throw Failure::corrupt("decompress the blob: " + why);
}

class Gzip : public Decompressor {
 public:
  Gzip() { begin_member(); }

  DecompressStep run(const char* input, std::size_t count, char* output,
                     std::size_t room) override {
    // The library counts in 32 bits.
    constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
    const std::size_t given = std::min(count, kMost);
    const std::size_t free = std::min(room, kMost);
    state_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(input));
    state_.avail_in = static_cast<std::uint32_t>(given);
    state_.next_out = reinterpret_cast<std::uint8_t*>(output);
    state_.avail_out = static_cast<std::uint32_t>(free);
    if (state_.block_state == ISAL_BLOCK_FINISH && given > 0) {
      if (padded_ || *input != kMagic) return skip_padding({input, given});
      begin_member();
    }
    between_ = between_ && given == 0;
    // isal_inflate is not used for headers: if a header continues in the next piece, it forgets the
    // flags.
    int status = in_header_ ? isal_read_gzip_header(&state_, &header_) : ISAL_DECOMP_OK;
    if (status == ISAL_END_INPUT) return {given - state_.avail_in, 0};
    in_header_ = in_header_ && status != ISAL_DECOMP_OK;
    if (status == ISAL_DECOMP_OK) status = isal_inflate(&state_);
    if (status < 0 || status == ISAL_NEED_DICT) corrupt(reason(status));
    between_ = between_ || state_.block_state == ISAL_BLOCK_FINISH;
    return {given - state_.avail_in, free - state_.avail_out};
  }
  bool may_end() const override { return between_; }

 private:
  // Between two members only the state begins anew. The input goes on.
  void begin_member() {
    const auto next_in = state_.next_in;
    const auto avail_in = state_.avail_in;
    const auto next_out = state_.next_out;
    const auto avail_out = state_.avail_out;
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
    state_.next_in = next_in;
    state_.avail_in = avail_in;
    state_.next_out = next_out;
    state_.avail_out = avail_out;
    header_ = {};
    isal_gzip_header_init(&header_);
    in_header_ = true;
  }
  // Zeros may fill the last block of a tape. gzip accepts them, too.
  DecompressStep skip_padding(std::string_view rest) {
    if (rest.find_first_not_of('\0') != rest.npos)
      corrupt("other data follows the end of the gzip data");
    padded_ = true;
    return {rest.size(), 0};
  }
  static std::string reason(int status) {
    switch (status) {
      case ISAL_INVALID_WRAPPER:
        return "no gzip header where one must be";
      case ISAL_UNSUPPORTED_METHOD:
        return "gzip with an unknown method";
      case ISAL_INCORRECT_CHECKSUM:
        return "gzip's checksum is wrong";
      default:
        return "damaged gzip data";
    }
  }

  static constexpr char kMagic = '\x1f';
  inflate_state state_{};
  isal_gzip_header header_{};
  bool in_header_ = true;
  bool between_ = false;
  bool padded_ = false;  // after the last member
};

class Zstd : public Decompressor {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {
    if (!stream_) throw Failure("system", "start zstd");
  }

  DecompressStep run(const char* input, std::size_t count, char* output,
                     std::size_t room) override {
    ZSTD_inBuffer in{input, count, 0};
    ZSTD_outBuffer out{output, room, 0};
    // The wanted number of further bytes: 0 at the end of a frame.
    const std::size_t status = ZSTD_decompressStream(stream_.get(), &out, &in);
    if (ZSTD_isError(status) != 0) corrupt(ZSTD_getErrorName(status));
    if (in.pos > 0 || out.pos > 0) between_ = status == 0;
    return {in.pos, out.pos};
  }
  bool may_end() const override { return between_; }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  bool between_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(const std::string& compression) {
  if (compression == "gzip") return std::make_unique<Gzip>();
  return std::make_unique<Zstd>();
}

}  // namespace cloche::unpack
