#include "service/api/text_pieces.h"

#include "catch.h"

using cloche::service::TextPieces;

TEST_CASE("texts are cut between characters, wherever the bytes were") {
  const std::string text = "a\u00e9\u20ac\U0001f600z";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    TextPieces pieces;
    const auto first = pieces.take(text.substr(0, cut));
    const auto second = pieces.take(text.substr(cut));
    CHECK(first.is_text);
    CHECK(second.is_text);
    CHECK(first.bytes + second.bytes == text);
    CHECK(pieces.rest().bytes.empty());
  }
}

TEST_CASE("bytes that are no text are not held back for ever") {
  TextPieces pieces;
  const auto first = pieces.take("a\xff");
  CHECK_FALSE(first.is_text);
  CHECK(first.bytes == "a\xff");
  CHECK(pieces.take("b\xe2\x82").bytes == "b");
  const auto rest = pieces.rest();
  CHECK_FALSE(rest.is_text);
  CHECK(rest.bytes == "\xe2\x82");
}
