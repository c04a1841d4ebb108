#include "cli/quantity.h"

#include "catch.h"
#include "cloche/error.h"

using namespace std::chrono_literals;
using cloche::cli::parse_bytes;
using cloche::cli::parse_duration;

TEST_CASE("bytes are read with their units") {
  CHECK(parse_bytes("0", "x") == 0);
  CHECK(parse_bytes("4096", "x") == 4096);
  CHECK(parse_bytes("64K", "x") == 65536);
  CHECK(parse_bytes("1.5M", "x") == 1572864);
  CHECK(parse_bytes("2GiB", "x") == 2147483648);
  for (const char* bad : {"", "M", "-1", "1X", "1 M", "nan", "inf", "1e30", "0x"})
    CHECK_THROWS_AS(parse_bytes(bad, "--memory"), cloche::Error);
  CHECK_THROWS_WITH(parse_bytes("1X", "--memory"), ContainsSubstring("--memory 1X"));
}

TEST_CASE("durations are read with their units") {
  CHECK(parse_duration("2", "x") == 2s);
  CHECK(parse_duration("500ms", "x") == 500ms);
  CHECK(parse_duration("1.5s", "x") == 1500ms);
  CHECK(parse_duration("1m", "x") == 60s);
  for (const char* bad : {"", "s", "-1s", "1y"})
    CHECK_THROWS_AS(parse_duration(bad, "--timeout"), cloche::Error);
}
