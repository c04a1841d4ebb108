#include "service/auth/introspection.h"

#include "catch.h"

using namespace cloche::service;
using namespace std::chrono_literals;

namespace {

constexpr IntrospectionCache::Clock::time_point kFirstMoment{1000s};

const Introspection kAnn{IntrospectedUser{"1", "ann"}, true};
const Introspection kBob{IntrospectedUser{"2", "bob"}, true};
const Introspection kInvalid{std::nullopt, true};
const Introspection kTrouble{std::nullopt, false};

}  // namespace

TEST_CASE("the answer of a users service is read") {
  CHECK(parse_introspection(
            200, R"({"status":"success","message":"Success.","data":{"id":1,"username":"ann",)"
                 R"("email":"ann@example.org","active":true,"created_at":"2026-11-22"}})") == kAnn);
  CHECK(
      parse_introspection(200, R"({"status":"success","data":{"id":"u-\u00e9","active":true}})") ==
      Introspection{IntrospectedUser{"u-\xc3\xa9", ""}, true});
  CHECK(
      parse_introspection(
          200,
          R"({"status":"success","data":{"id":18446744073709551615,"username":null,"active":true}})")
          .user->id == "18446744073709551615");
}

TEST_CASE("anything else is not valid") {
  for (const char* const body :
       {R"({"status":"fail","data":{"id":1,"username":"ann","active":true}})",
        R"({"data":{"id":1,"username":"ann","active":true}})",
        R"({"status":"success","data":{"id":1,"username":"ann","active":false}})",
        R"({"status":"success","data":{"id":1,"username":"ann","active":1}})",
        R"({"status":"success","data":{"id":1,"username":"ann","active":"true"}})",
        R"({"status":"success","data":{"id":1,"username":"ann"}})",
        R"({"status":"success","data":{"username":"ann","active":true}})",
        R"({"status":"success","data":{"id":-1,"username":"ann","active":true}})",
        R"({"status":"success","data":{"id":1.5,"username":"ann","active":true}})",
        R"({"status":"success","data":{"id":"","username":"ann","active":true}})",
        R"({"status":"success","data":{"id":null,"username":"ann","active":true}})",
        R"({"status":"success","data":{"id":1,"username":["ann"],"active":true}})",
        R"({"status":"success","data":[{"id":1,"username":"ann","active":true}]})",
        R"({"status":"success"})", R"([])", R"(null)", R"("success")"}) {
    CAPTURE(body);
    CHECK(parse_introspection(200, body) == kInvalid);
  }
  const std::string good = R"({"status":"success","data":{"id":"ID","active":true}})";
  const auto with_id = [&](std::size_t size) {
    return parse_introspection(200, std::string(good).replace(good.find("ID"), 2, size, 'x'));
  };
  CHECK(with_id(128).user->id.size() == 128);
  CHECK(with_id(129) == kInvalid);
  for (const int status : {201, 204, 301, 400, 401, 403, 404})
    CHECK(parse_introspection(status, good) == kInvalid);
}

TEST_CASE("a service in trouble says nothing about a token") {
  const std::string good = R"({"status":"success","data":{"id":1,"active":true}})";
  for (const int status : {408, 429, 500, 502, 503, 599, 1000})
    CHECK(parse_introspection(status, good) == kTrouble);
  for (const std::string& body : {std::string(), std::string("<html>"), good.substr(0, 30),
                                  good + "}", std::string("{\"status\":\"success\xff\"}"),
                                  std::string(50'000, '['), good + std::string(64u << 10, ' ')})
    CHECK(parse_introspection(200, body) == kTrouble);
}

TEST_CASE("answers are remembered for a while") {
  IntrospectionCache cache(10, 2s);
  CHECK_FALSE(cache.find("t", kFirstMoment));
  cache.put("t", kAnn, kFirstMoment);
  cache.put("u", kInvalid, kFirstMoment + 1s);
  CHECK(cache.find("t", kFirstMoment + 1999ms) == kAnn);
  CHECK_FALSE(cache.find("t", kFirstMoment + 2s));
  CHECK(cache.find("u", kFirstMoment + 2999ms) == kInvalid);
  CHECK_FALSE(cache.find("u", kFirstMoment + 3s));
  CHECK_FALSE(cache.find("v", kFirstMoment + 1s));
}

TEST_CASE("the last answer holds, of whichever kind") {
  IntrospectionCache cache(10, 2s);
  cache.put("t", kAnn, kFirstMoment);
  cache.put("t", kBob, kFirstMoment + 1s);
  CHECK(cache.find("t", kFirstMoment + 2500ms) == kBob);
  cache.put("t", kInvalid, kFirstMoment + 1s);
  CHECK(cache.find("t", kFirstMoment + 1s) == kInvalid);
  cache.put("t", kTrouble, kFirstMoment + 1s);
  CHECK(cache.find("t", kFirstMoment + 1s) == kInvalid);
  CHECK(cache.size() == 1);
  cache.clear();
  CHECK(cache.size() == 0);
  CHECK_FALSE(cache.find("t", kFirstMoment + 1s));
  cache.put("t", kAnn, kFirstMoment);
  CHECK(cache.find("t", kFirstMoment) == kAnn);
}

TEST_CASE("guessing tokens makes no good one forgotten, and fills nothing") {
  IntrospectionCache cache(3, 1h);
  for (const char* const token : {"a", "b", "c"}) cache.put(token, kAnn, kFirstMoment);
  for (int i = 0; i < 1000; ++i) cache.put("guess " + std::to_string(i), kInvalid, kFirstMoment);
  CHECK(cache.size() == 6);
  for (const char* const token : {"a", "b", "c"}) CHECK(cache.find(token, kFirstMoment) == kAnn);
  CHECK(cache.find("guess 997", kFirstMoment) == kInvalid);
  CHECK_FALSE(cache.find("guess 996", kFirstMoment));
  // The oldest answer goes first.
  cache.put("a", kBob, kFirstMoment);
  cache.put("d", kAnn, kFirstMoment);
  CHECK(cache.find("a", kFirstMoment) == kBob);
  CHECK_FALSE(cache.find("b", kFirstMoment));
}

TEST_CASE("without a lifetime or room nothing is remembered") {
  IntrospectionCache brief(10, 0s), small(0, 1h);
  brief.put("t", kAnn, kFirstMoment);
  small.put("t", kAnn, kFirstMoment);
  CHECK_FALSE(brief.find("t", kFirstMoment));
  CHECK_FALSE(small.find("t", kFirstMoment));
  CHECK(brief.size() + small.size() == 0);
}
