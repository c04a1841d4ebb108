#include "runner/units.h"

#include "catch.h"
#include "cloche/error.h"

using namespace cloche::runner;

TEST_CASE("bytes are read with their units") {
  CHECK(parse_bytes("256M", "memory") == 256u << 20);
  CHECK(parse_bytes("256m", "memory") == 256u << 20);
  CHECK(parse_bytes("1.5G", "memory") == 1536ull << 20);
  CHECK(parse_bytes("2GiB", "memory") == 2048ull << 20);
  CHECK(parse_bytes("2GB", "memory") == 2048ull << 20);
  CHECK(parse_bytes("1048576", "memory") == 1u << 20);
}

TEST_CASE("numbers that make no sense are refused") {
  for (const char* text :
       {"", "M", "-1M", "1X", "1MM", "512", "nan", "inf", "1e3G", "99999T", "0"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_bytes(text, "memory"), cloche::Error);
  }
  for (const char* text : {"", "0", "-5", "1.5", "12s", "86400001", "99999999999999999999"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_milliseconds(text, "timeout"), cloche::Error);
  }
  for (const char* text : {"", "0", "-1", "x", "5000", "nan"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_cpus(text, "cpus"), cloche::Error);
  }
  CHECK(parse_milliseconds("12000", "timeout").count() == 12000);
  CHECK(parse_cpus("0.5", "cpus") == 0.5);
}
