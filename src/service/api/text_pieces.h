// Cutting a stream of bytes into texts between characters.
#pragma once

#include <string>
#include <string_view>

namespace cloche::service {

// UTF-8 may be cut anywhere where it is read; what is shown should not be.
class TextPieces {
 public:
  struct Piece {
    std::string bytes;
    bool is_text = true;  // whole UTF-8; else any bytes
  };

  // The bytes together with what was held back before, without an incomplete character at the end.
  Piece take(std::string_view bytes);
  // What was held back.
  Piece rest();

 private:
  std::string held_;
};

}  // namespace cloche::service
