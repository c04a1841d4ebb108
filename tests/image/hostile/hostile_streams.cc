// Layers whose compression lies, grows without end, or ends at a wrong place.
#include <zlib.h>
#include <zstd.h>

#include "hostile.h"

namespace cloche::image::test {

namespace {

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string corrupted(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
  return bytes;
}

// A zstd frame that claims to need a window of 2^log bytes.
std::string zstd_window(unsigned log, const std::string& bytes) {
  std::string frame = "\x28\xb5\x2f\xfd";
  frame += '\0';                                        // neither size nor checksum
  frame += static_cast<char>((log - 10) << 3);          // window
  frame += little((bytes.size() << 3) | 1, 3) + bytes;  // the last block, raw
  return frame;
}

}  // namespace

std::string gzip_member(const std::string& bytes, const std::string& name,
                        const std::string& comment) {
  std::string member = "\x1f\x8b\x08";
  member += static_cast<char>((name.empty() ? 0 : 8) | (comment.empty() ? 0 : 16));
  member += std::string(4, '\0') + std::string("\0\xff", 2);
  if (!name.empty()) member += name + std::string(1, '\0');
  if (!comment.empty()) member += comment + std::string(1, '\0');
  std::size_t at = 0;
  do {
    const std::string part = bytes.substr(at, 65535);
    at += part.size();
    member += at == bytes.size() ? '\1' : '\0';
    member += little(part.size(), 2) + little(~part.size(), 2) + part;
  } while (at < bytes.size());
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  return member + little(::crc32(0, data, static_cast<uInt>(bytes.size())), 4) +
         little(bytes.size(), 4);
}

std::string zstd_skippable(const std::string& bytes) {
  return "\x50\x2a\x4d\x18" + little(bytes.size(), 4) + bytes;
}

std::vector<LayerShape> stream_shapes() {
  constexpr ErrorKind kCorrupt = ErrorKind::image_corrupt;
  const std::string content(100'000, 'c');
  const std::string plain = tar({file("a", content), file("b", "x")});
  const std::string gzip = compressed(plain, "gzip");
  const std::string zstd = compressed(plain, "zstd");
  std::vector<LayerShape> shapes;
  const auto taken = [&](const std::string& name, const std::string& how,
                         const std::string& bytes) {
    shapes.push_back({name, {bytes}, std::nullopt, {"a=" + content, "b=x"}, {}, how, plain});
  };
  const auto refused = [&](const std::string& name, const std::string& how,
                           const std::string& bytes) {
    shapes.push_back({name, {bytes}, kCorrupt, {}, {}, how, plain});
  };

  // Many members and frames.
  for (const std::size_t piece : {1u, 7u, 512u, 65'536u}) {
    std::string members, frames;
    for (std::size_t at = 0; at < plain.size(); at += piece) {
      members += gzip_member(plain.substr(at, piece));
      frames += compressed(plain.substr(at, piece), "zstd");
    }
    taken("gzip in members of " + std::to_string(piece), "gzip", members);
    taken("zstd in frames of " + std::to_string(piece), "zstd", frames);
  }
  std::string nothings;
  for (int i = 0; i < 10'000; ++i) nothings += gzip_member("");
  taken("ten thousand empty members", "gzip", nothings + gzip + nothings);
  taken("names and comments in gzip's header", "gzip",
        gzip_member(plain, "../../etc/passwd", std::string(300'000, 'k')));
  {
    std::string extra = "\x1f\x8b\x08\x04" + std::string(4, '\0') + std::string("\0\xff", 2) +
                        little(65535, 2) + std::string(65535, 'e') + gzip_member(plain).substr(10);
    taken("an extra field of 65,535 bytes", "gzip", extra);
  }
  taken("skippable frames in zstd", "zstd",
        zstd + zstd_skippable(std::string(300'000, 's')) + zstd_skippable(""));
  taken("a zstd frame of an empty block", "zstd", zstd + zstd_window(10, ""));
  taken("zstd that begins with a skippable frame", "zstd", zstd_skippable("note") + zstd);

  // Bytes after the end of the stream.
  refused("garbage after gzip", "gzip", gzip + "garbage");
  refused("garbage after zstd", "zstd", zstd + "garbage");
  refused("the beginning of another member", "gzip", gzip + "\x1f\x8b\x08");
  refused("the beginning of another frame", "zstd", zstd + std::string("\x28\xb5\x2f\xfd", 4));
  taken("zeros after gzip", "gzip", gzip + std::string(1000, '\0'));
  refused("zeros after gzip, and more", "gzip", gzip + std::string(1000, '\0') + gzip);
  refused("zeros after zstd", "zstd", zstd + std::string(1000, '\0'));
  refused("gzip after zstd", "zstd", zstd + gzip);
  refused("zstd after gzip", "gzip", gzip + zstd);
  refused("plain bytes after gzip", "gzip", gzip + plain);

  // Missing or damaged bytes.
  for (const std::size_t missing : {1u, 4u, 8u, 9u, 20u}) {
    refused("gzip without its last bytes: " + std::to_string(missing), "gzip",
            gzip.substr(0, gzip.size() - missing));
    refused("zstd without its last bytes: " + std::to_string(missing), "zstd",
            zstd.substr(0, zstd.size() - missing));
  }
  for (const std::size_t left : {2u, 3u, 9u, 10u})
    refused("gzip's first bytes alone: " + std::to_string(left), "gzip", gzip.substr(0, left));
  for (const std::size_t left : {4u, 5u, 6u})
    refused("zstd's first bytes alone: " + std::to_string(left), "zstd", zstd.substr(0, left));
  refused("a wrong checksum in gzip", "gzip", corrupted(gzip, gzip.size() - 8));
  refused("a wrong length in gzip", "gzip", corrupted(gzip, gzip.size() - 4));
  refused("damaged gzip", "gzip", corrupted(gzip, gzip.size() / 2));
  refused("damaged zstd", "zstd", corrupted(zstd, zstd.size() / 2));
  refused("gzip of an unknown method", "gzip", "\x1f\x8b\x07" + gzip.substr(3));
  refused("a window of two gigabytes", "zstd", zstd_window(31, plain.substr(0, 1000)));
  refused("a window of a terabyte", "zstd", zstd_window(40, plain.substr(0, 1000)));
  refused("a reserved block type", "zstd",
          std::string("\x28\xb5\x2f\xfd\x00\x58", 6) + little((5 << 3) | 7, 3) + "xxxxx");
  refused("a zstd dictionary that nobody has", "zstd",
          std::string("\x28\xb5\x2f\xfd\x01\x58\x07", 7) + little((5 << 3) | 1, 3) + "xxxxx");

  // A compression that differs from the announced one.
  for (const auto& [how, other] : {std::pair{"none", gzip},
                                   {"none", zstd},
                                   {"gzip", plain},
                                   {"gzip", zstd},
                                   {"zstd", plain},
                                   {"zstd", gzip}})
    refused(std::string("announced as ") + how + ", and is " +
                (other == plain  ? "none"
                 : other == gzip ? "gzip"
                                 : "zstd"),
            how, other);
  for (const auto& [how, inner] : {std::pair{"gzip", gzip}, {"zstd", zstd}, {"zstd", gzip}}) {
    refused("twice compressed, the second time by " + std::string(how), how,
            compressed(inner, how));
    shapes.back().content = inner;
  }
  refused("bzip2", "gzip", "BZh91AY&SY" + std::string(100, 'x'));
  refused("xz", "gzip",
          std::string("\xfd"
                      "7zXZ\0",
                      6) +
              std::string(100, 'x'));

  // Streams that grow a thousand times. hostile_bounds_test.cc tests the caps.
  const std::string hole = tar({file("zeros", std::string(64 << 20, '\0'))});
  for (const char* how : {"gzip", "zstd"})
    shapes.push_back({std::string("64 MiB of zeros in ") + how,
                      {compressed(hole, how)},
                      std::nullopt,
                      {"zeros"},
                      {},
                      how,
                      hole});
  std::string blocks = std::string("\x28\xb5\x2f\xfd\x00\x58", 6);
  for (int i = 0; i < 400; ++i) blocks += little((131072u << 3) | 2, 3) + std::string(1, '\0');
  shapes.push_back({"zstd blocks of one repeated byte",
                    {blocks + little((0u << 3) | 1, 3)},
                    std::nullopt,
                    {},
                    {},
                    "zstd",
                    std::string(std::size_t{400} << 17, '\0')});
  return shapes;
}

std::vector<LayerShape> layer_shapes(const Aim& aim) {
  std::vector<LayerShape> all;
  for (std::vector<LayerShape>& shapes :
       std::vector<std::vector<LayerShape>>{path_shapes(aim), whiteout_shapes(aim),
                                            header_shapes(aim), sparse_shapes(), stream_shapes()})
    for (LayerShape& shape : shapes) all.push_back(std::move(shape));
  return all;
}

}  // namespace cloche::image::test
