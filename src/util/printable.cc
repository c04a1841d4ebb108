#include "util/printable.h"

namespace cloche {

std::size_t printable_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= ' ' && first != 127 ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  unsigned character = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    character = character << 6 | (byte(i) & 0x3fU);
  }
  const bool whole = character >= (size == 2   ? 0x80U
                                   : size == 3 ? 0x800U
                                               : 0x10000U) &&
                     character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
  const bool control = character < 0xa0 || (character >= 0x200e && character <= 0x200f) ||
                       (character >= 0x2028 && character <= 0x202e) ||
                       (character >= 0x2066 && character <= 0x2069);
  return whole && !control ? size : 0;
}

}  // namespace cloche
