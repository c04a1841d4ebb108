#include "service/api/semver.h"

#include "catch.h"

using cloche::service::parse_version;
using cloche::service::SemVer;
using cloche::service::SemVerRange;

namespace {

bool allows(const char* range, const char* version) {
  const auto parsed = SemVerRange::parse(range);
  REQUIRE(parsed);
  return parsed->allows(*parse_version(version));
}

}  // namespace

TEST_CASE("versions are three numbers") {
  CHECK(parse_version("3.13")->text() == "3.13.0");
  CHECK(parse_version("v20.19.2")->text() == "20.19.2");
  CHECK(parse_version("3")->text() == "3.0.0");
  CHECK(parse_version("3.1-rc1")->text() == "3.1.0");
  CHECK_FALSE(parse_version("bash"));
  CHECK_FALSE(parse_version(""));
  CHECK(*parse_version("3.9") < *parse_version("3.13"));
}

TEST_CASE("ranges allow what npm's do") {
  struct Case {
    const char* range;
    const char* yes;
    const char* no;
  };
  for (const Case& each : {
           Case{"3.x", "3.13", "4.0"},         Case{"3", "3.0.0", "2.9"},
           Case{"3.9", "3.9.7", "3.13"},       Case{"3.9.0", "3.9", "3.9.1"},
           Case{"=3.9.0", "3.9", "3.9.1"},     Case{">=2 <4", "3.9", "4.0.0"},
           Case{">= 2", "2.0", "1.9"},         Case{">3", "4.0", "3.13"},
           Case{">3.9.0", "3.9.1", "3.9.0"},   Case{"<=3", "3.13", "4.0"},
           Case{"<3", "2.7", "3.0"},           Case{"^3.9", "3.13", "4.0"},
           Case{"^0.10", "0.10.33", "0.11"},   Case{"^0.0.3", "0.0.3", "0.0.4"},
           Case{"~3.9", "3.9.7", "3.10"},      Case{"~3", "3.13", "4.0"},
           Case{"2.7 - 3.9", "3.9.5", "3.10"}, Case{"2.x || 3.13", "2.7", "3.9"},
           Case{"v3.9", "3.9", "3.10"},        Case{"3.*", "3.1", "2.9"},
       }) {
    INFO(each.range);
    CHECK(allows(each.range, each.yes));
    CHECK_FALSE(allows(each.range, each.no));
  }
  for (const char* any : {"*", "", "x", ">=0"}) CHECK(allows(any, "0.0.0"));
  for (const char* wrong : {"three", "3.x.1", "1.2.3.4", "><3", ">", "1.x.3"})
    CHECK_FALSE(SemVerRange::parse(wrong));
}
