#include "service/http/target.h"

#include "catch.h"

using cloche::service::parse_target;

TEST_CASE("targets are a path and parameters") {
  const auto target = parse_target("/a%20b/c?x=1&y=a+b%26&z&=&x=2");
  REQUIRE(target);
  CHECK(target->path == "/a b/c");
  CHECK(target->parameter("x") == "1");
  CHECK(target->parameter("y") == "a b&");
  CHECK(target->parameter("z") == "");
  CHECK_FALSE(target->parameter("w"));
  CHECK(parse_target("/a+b")->path == "/a+b");
  CHECK(parse_target("/?")->query.empty());
}

TEST_CASE("invalid targets are refused") {
  for (const char* wrong :
       {"", "*", "a", "http://host/", "/%", "/%4", "/%zz", "/%00", "/a?%0a=1", "/\x01", "/\x7f"})
    CHECK_FALSE(parse_target(wrong));
}
