// Cuts a stream of bytes into texts, between characters.
#pragma once

#include <string>
#include <string_view>

namespace cloche::service {

// A read may cut a character of UTF-8, but a text that is shown should not.
class TextPieces {
 public:
  struct Piece {
    std::string bytes;
    bool is_text = true;  // whole UTF-8; else any bytes
  };

  // The bytes together with those held back before, without an incomplete character at the end.
  Piece take(std::string_view bytes);
  // The bytes that are still held back.
  Piece rest();

 private:
  std::string held_;
};

}  // namespace cloche::service
