#include "service/api/text_pieces.h"

#include <utility>

#include "runner/report/report_json.h"
#include "util/text.h"

namespace cloche::service {

namespace {

// The length of an incomplete character at the end: 0 to 3 bytes.
std::size_t incomplete_tail(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    if (byte > 0xf4) return 0;  // no character begins so
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

TextPieces::Piece TextPieces::take(std::string_view bytes) {
  Piece piece{std::exchange(held_, {}) + std::string(bytes), true};
  const std::size_t tail = incomplete_tail(piece.bytes);
  held_ = piece.bytes.substr(piece.bytes.size() - tail);
  piece.bytes.resize(piece.bytes.size() - tail);
  piece.is_text = is_utf8(piece.bytes);
  return piece;
}

TextPieces::Piece TextPieces::rest() {
  Piece piece{std::exchange(held_, {}), true};
  piece.is_text = is_utf8(piece.bytes);
  return piece;
}

}  // namespace cloche::service
