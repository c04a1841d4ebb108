// The decompressors of layers, compared with zlib and zstd: both must give the same bytes, or the
// own ones must refuse when the others do. Input and output go in pieces of odd sizes, because
// errors occur at the borders of pieces.
#include "image/unpack/decompress.h"

#include <zlib.h>
#include <zstd.h>

#include <optional>

#include "fuzz.h"
#include "image/unpack/report.h"

using namespace cloche::unpack;

namespace {

constexpr std::size_t kMost = 1 << 16;  // of the output

using Output = std::optional<std::string>;  // none: refused

Output ours(const char* compression, std::string_view input, std::size_t in_piece,
            std::size_t out_piece) {
  std::string output;
  std::string room(out_piece, '\0');
  try {
    const auto decompressor = make_decompressor(compression);
    while (!input.empty()) {
      std::size_t left = std::min(in_piece, input.size());
      bool full = false;
      while (left > 0 || full) {
        const auto step = decompressor->run(input.data(), left, room.data(), room.size());
        fuzz::demand(step.taken <= left && step.made <= room.size(), "stays within its buffers");
        input.remove_prefix(step.taken);
        left -= step.taken;
        output.append(room, 0, step.made);
        full = step.made == room.size();
        if (step.taken == 0 && step.made == 0 && left > 0) return std::nullopt;
        if (output.size() > kMost) return std::nullopt;
      }
    }
    if (!decompressor->may_end()) return std::nullopt;
    return output;
  } catch (const Failure& failure) {
    fuzz::demand(failure.kind() == "image_corrupt", failure.what());
    return std::nullopt;
  }
}

Output by_zlib(std::string_view input) {
  std::string output;
  std::string room(65536, '\0');
  while (!input.empty()) {
    z_stream stream{};
    fuzz::demand(::inflateInit2(&stream, 15 + 16) == Z_OK, "zlib starts");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    int status = Z_OK;
    while (status == Z_OK && output.size() <= kMost) {
      stream.next_out = reinterpret_cast<Bytef*>(room.data());
      stream.avail_out = static_cast<uInt>(room.size());
      status = ::inflate(&stream, Z_NO_FLUSH);
      output.append(room, 0, room.size() - stream.avail_out);
    }
    input.remove_prefix(input.size() - stream.avail_in);
    ::inflateEnd(&stream);
    if (status != Z_STREAM_END || output.size() > kMost) return std::nullopt;
    // gzip, which uses zlib, ignores zeros at the end, too.
    if (input.find_first_not_of('\0') == input.npos) break;
  }
  return output;
}

Output by_zstd(std::string_view input) {
  std::string output(kMost + 1, '\0');
  const std::size_t made =
      ::ZSTD_decompress(output.data(), output.size(), input.data(), input.size());
  if (::ZSTD_isError(made) != 0 || made > kMost) return std::nullopt;
  output.resize(made);
  return output;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const bool gzip = input.substr(0, 2) == "\x1f\x8b";
  const bool zstd = input.substr(0, 4) == "\x28\xb5\x2f\xfd";
  if (!gzip && !zstd) return 0;
  const char* compression = gzip ? "gzip" : "zstd";
  const Output whole = ours(compression, input, size, 1 << 16);
  for (const auto& [in_piece, out_piece] :
       {std::pair<std::size_t, std::size_t>{1, 4096}, {size, 512}, {7, 113}, {size / 2 + 1, 32768}})
    fuzz::demand(ours(compression, input, in_piece, out_piece) == whole,
                 "where the input is cut makes no difference");
  const Output theirs = gzip ? by_zlib(input) : by_zstd(input);
  // The others may be more lenient, but not stricter, and must give the same bytes.
  if (whole) fuzz::demand(theirs == whole, "others decompress it to the same");
  return 0;
}
