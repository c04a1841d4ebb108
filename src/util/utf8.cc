#include "util/utf8.h"

namespace cloche {

namespace {

unsigned char byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// The length of a character, or of a piece that one U+FFFD replaces, at the beginning of `bytes`.
struct Piece {
  std::size_t length;
  bool valid;
};

Piece first_piece(std::string_view bytes) {
  const unsigned char first = byte_at(bytes, 0);
  if (first < 0x80) return {1, true};
  if (first < 0xc2 || first > 0xf4) return {1, false};
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The range of the second byte: it excludes overlong forms and characters beyond U+10FFFF.
  const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char most = first == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= bytes.size()) return {i, false};
    const unsigned char byte = byte_at(bytes, i);
    if (byte < (i == 1 ? least : 0x80) || byte > (i == 1 ? most : 0xbf)) return {i, false};
  }
  const bool surrogate = first == 0xed && byte_at(bytes, 1) >= 0xa0;
  return {length, !surrogate};
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xc2 || lead > 0xf4) return {};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  char32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  const char32_t least = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, size};
}

std::size_t whole_characters(std::string_view bytes, std::size_t most) {
  if (bytes.size() <= most) return bytes.size();
  std::size_t end = most;
  for (int i = 0; i < 3 && end > 0 && (byte_at(bytes, end) & 0xc0) == 0x80; ++i) --end;
  // Continuation bytes beyond the length of a character belong to none.
  return (byte_at(bytes, end) & 0xc0) == 0x80 ? most : end;
}

std::string repaired_utf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size() + bytes.size() / 8);
  for (std::string_view rest = bytes; !rest.empty();) {
    const Piece piece = first_piece(rest);
    result += piece.valid ? rest.substr(0, piece.length) : std::string_view("\xef\xbf\xbd");
    rest.remove_prefix(piece.length);
  }
  return result;
}

}  // namespace cloche
