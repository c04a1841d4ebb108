// Single documents of images, where no image is needed to test them.
#include "image/source/document.h"

#include "catch.h"
#include "cloche/error.h"

using cloche::Error;
using cloche::ErrorKind;

TEST_CASE("a number that no machine can hold makes a document corrupt") {
  const std::string number = R"({"size": 1e999})";
  try {
    cloche::image::parse_document(number, "the index");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::image_corrupt);
    CHECK_THAT(error.what(), ContainsSubstring("read the index: a number in it is too great"));
  }
}

TEST_CASE("deep nesting is refused, however deep") {
  const std::string shallow = std::string(100, '[') + std::string(100, ']');
  CHECK(cloche::image::parse_document(shallow, "the index").is_array());
  for (const int depth : {101, 1'000'000}) {
    const std::string deep = std::string(depth, '[') + std::string(depth, ']');
    try {
      cloche::image::parse_document(deep, "the index");
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::image_corrupt);
      CHECK_THAT(error.what(), ContainsSubstring("nested too deeply"));
    }
  }
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK_THROWS_AS(cloche::image::parse_document(deep.substr(0, 1'500'000), "the index"), Error);
  CHECK_THROWS_AS(cloche::image::config_of(R"({"rootfs": )" + deep + "}", "a config"), Error);
}
