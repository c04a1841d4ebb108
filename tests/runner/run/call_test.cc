// Calls, in a test language that uses the channel by hand.
#include "runner/request/call.h"

#include "catch.h"
#include "cloche/error.h"
#include "runner/report/report_json.h"
#include "runner/request/request.h"
#include "toy.h"

using namespace cloche::runner;

namespace {

Report call(const std::string& script) {
  Request request = toy(kSpeak + script);
  request.call = Call{"f", "[]"};
  return run(request);
}

}  // namespace

TEST_CASE("arguments go in, and a value comes out, as they are written") {
  Request request = toy(kSpeak + R"(
    cat call.json
    say VALUE '{"a": [123456789012345678901234567890, 1.50]}'
    echo after
    say END
  )");
  request.call = Call{"f\"é", "[ 100000000000000000000001, {\"k\": 1.50} ]"};
  const Report report = run(request);
  CHECK(report.verdict == Verdict::ok);
  CHECK(report.value == "{\"a\":[123456789012345678901234567890,1.50]}");
  CHECK(report.out ==
        "{\"entry\":\"f\\\"\\u00e9\",\"args\":[100000000000000000000001,{\"k\":1.50}]}after\n");
  CHECK_FALSE(report.test_mode);
  CHECK_THAT(report_json(report), Catch::Matchers::EndsWith(
                                      ",\"value\":{\"a\":[123456789012345678901234567890,1.50]}}"));
}

TEST_CASE("there is a value only of a call that came to its end") {
  const std::string value = R"(say VALUE 1;)";
  const std::string end = R"(say END;)";
  const auto verdict = [](const std::string& script, Verdict expected) {
    INFO(script);
    const Report report = call(script);
    CHECK(report.verdict == expected);
    CHECK(report.value.has_value() == (expected == Verdict::ok));
    return report;
  };
  verdict(value + end, Verdict::ok);
  verdict(value, Verdict::call_error);
  verdict(end, Verdict::call_error);
  verdict("exit 0", Verdict::call_error);
  verdict("exit 3", Verdict::runtime_error);
  verdict(value + end + "exit 3", Verdict::runtime_error);
  verdict(value + end + "kill -9 $$", Verdict::signaled);
  verdict(value + value + end, Verdict::report_broken);
  verdict("echo x >&4;" + value + end, Verdict::report_broken);
  verdict(R"(say VALUE NaN;)" + end, Verdict::call_error);
  const Report report = verdict(R"(say NOVALUE "$two_lines"; exit 1)", Verdict::call_error);
  CHECK(report.reason == "a b");
  CHECK(report.err == "Error: a b\n");
}

TEST_CASE("a value on standard output is output") {
  const Report report = call(R"(echo '{"tag":"VALUE","text":"1"}'; say END)");
  CHECK(report.verdict == Verdict::call_error);
  CHECK(report.out == "{\"tag\":\"VALUE\",\"text\":\"1\"}\n");
}

TEST_CASE("a call that makes no sense is a setup error") {
  const auto refused = [](const Request& request, const char* why) {
    const Report report = run(request);
    CHECK(report.verdict == Verdict::setup_error);
    CHECK_THAT(report.err, ContainsSubstring(why));
  };
  Request request = toy("x");
  request.call = Call{"", "[]"};
  refused(request, "without a name");
  request.call = Call{"f", "3"};
  refused(request, "no JSON array or object");
  request.call = Call{"f", "[1"};
  refused(request, "no JSON array or object");
  request.call = Call{"\xff", "[]"};
  refused(request, "not UTF-8");
  request.call = Call{"f", ""};
  request.cases.resize(1);
  refused(request, "with cases");
  request.cases.clear();
  request.fixture = std::string("x");
  refused(request, "together with tests");
  CHECK_THROWS_AS(call_document({"f", "{}"}, false, "Toy"), cloche::Error);
}

TEST_CASE("a call in a request keeps the numbers of its arguments") {
  const auto options = parse_request_document(
      R"({"language": "toy", "call": {"entry": "f", "args": [ 12345678901234567890123, 1.10 ]}})",
      "r");
  REQUIRE(options.request.call);
  CHECK(options.request.call->entry == "f");
  CHECK(options.request.call->arguments == "[ 12345678901234567890123, 1.10 ]");
  CHECK(parse_request_document(R"({"call": {"entry": "f"}})", "r").request.call->arguments == "[]");
  CHECK_FALSE(parse_request_document(R"({"call": null})", "r").request.call);
  CHECK_THROWS_AS(parse_request_document(R"({"call": {"args": []}})", "r"), cloche::Error);
  CHECK_THROWS_AS(parse_request_document(R"({"call": {"entry": "f", "arg": []}})", "r"),
                  cloche::Error);
  CHECK_THROWS_AS(parse_request_document(R"({"call": 3})", "r"), cloche::Error);
}
