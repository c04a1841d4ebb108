// JSON that is kept as text.
#include "util/json_text.h"

#include <string>

#include "catch.h"

using cloche::compact_json;
using cloche::kMostNesting;
using cloche::member_text;

TEST_CASE("a value loses its white space and nothing else") {
  const std::string number = "-" + std::string(500, '7') + ".50E+099";
  for (const std::string& same :
       {std::string("null"), number, std::string("[]"),
        std::string(R"({"a b":["\u00e9\ud83d\ude00é",true,false,0,-0.0]})"),
        std::string(R"("\"\\\/\b\f\n\r\t")")})
    CHECK(compact_json(same) == same);
  CHECK(compact_json(" { \"a\" :\t[ 1 , 2\r\n, { } ] } \n") == "{\"a\":[1,2,{}]}");
}

TEST_CASE("invalid JSON gives no value") {
  for (const char* bad :
       {"",           " ",        "nul",         "nulll",       "True",
        "NaN",        "Infinity", "01",          "1.",          ".5",
        "+1",         "-",        "1e",          "1e+",         "[1,]",
        "[,]",        "[1 2]",    "{\"a\"}",     "{\"a\":}",    "{a:1}",
        "{\"a\":1,}", "'a'",      "\"",          "\"\\x\"",     "\"\\u12g4\"",
        "\"\\u12\"",  "\"a\nb\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "\"\xff\"",   "1 2",      "[",           "]",           "{",
        "[[]"}) {
    INFO(bad);
    CHECK_FALSE(compact_json(bad));
  }
}

TEST_CASE("nesting has a bound") {
  const auto nested = [](unsigned levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  CHECK(compact_json(nested(kMostNesting)));
  CHECK_FALSE(compact_json(nested(kMostNesting + 1)));
  CHECK_FALSE(compact_json(std::string(1000000, '[')));
}

TEST_CASE("a member's text is as it was written") {
  const std::string object = R"( {"x": [ 1.50 ], "c\u0061ll" : {"x": 1} , "x":  2e1 ,"y":{}} )";
  CHECK(member_text(object, "x") == "2e1");
  CHECK(member_text(object, "call") == "{\"x\": 1}");
  CHECK(member_text(object, "y") == "{}");
  CHECK_FALSE(member_text(object, "z"));
  CHECK_FALSE(member_text("[1]", "x"));
  CHECK_FALSE(member_text("{}", "x"));
}
