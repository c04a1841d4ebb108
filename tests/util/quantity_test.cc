#include "util/quantity.h"

#include "catch.h"
#include "cloche/error.h"

using namespace cloche;
using namespace std::chrono_literals;

TEST_CASE("bytes are read with their units") {
  CHECK(parse_bytes("256M", "memory") == 256u << 20);
  CHECK(parse_bytes("256m", "memory") == 256u << 20);
  CHECK(parse_bytes("1.5G", "memory") == 1536ull << 20);
  CHECK(parse_bytes("2GiB", "memory") == 2048ull << 20);
  CHECK(parse_bytes("2GB", "memory") == 2048ull << 20);
  CHECK(parse_bytes("1048576", "memory") == 1u << 20);
  CHECK(parse_bytes("0", "output") == 0);
  CHECK(parse_bytes("5", "output") == 5);
  CHECK(parse_memory("1M", "memory") == 1u << 20);
  CHECK_THROWS_AS(parse_memory("1023K", "memory"), Error);
}

TEST_CASE("durations are read with their units") {
  CHECK(parse_duration("2", "x") == 2s);
  CHECK(parse_duration("500ms", "x") == 500ms);
  CHECK(parse_duration("1.5s", "x") == 1500ms);
  CHECK(parse_duration("1m", "x") == 60s);
  for (const char* text : {"", "s", "-1s", "1y", "25h", "nan"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_duration(text, "--timeout"), Error);
  }
}

TEST_CASE("ages have a unit") {
  CHECK(parse_age("90s", "x") == 90s);
  CHECK(parse_age("45m", "x") == 45min);
  CHECK(parse_age("2w", "x") == 14 * 24h);
  for (const char* text : {"", "5", "0", "5y", "-1d", "101w1", "99999w"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_age(text, "--older-than"), Error);
  }
}

TEST_CASE("counts are whole numbers above 0") {
  CHECK(parse_count("1", "x", 10) == 1);
  CHECK(parse_count("10", "x", 10) == 10);
  for (const char* text : {"", "0", "-1", "-2", "11", "1.5", "1k", " 1", "+1", "0x1"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_count(text, "x", 10), Error);
  }
}

TEST_CASE("numbers that make no sense are refused") {
  for (const char* text : {"", "M", "-1M", "1X", "1MM", "nan", "inf", "1e3G", "99999T"}) {
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
