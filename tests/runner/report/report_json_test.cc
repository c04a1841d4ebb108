#include "runner/report/report_json.h"

#include <csignal>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "util/text.h"

using namespace cloche::runner;
using cloche::Result;
using Json = nlohmann::ordered_json;

namespace {

Report completed() {
  Report report;
  report.language = "python";
  report.version = "3.13";
  report.image = "python";
  report.out = "2\n";
  report.exit_code = 0;
  report.step_ran = true;
  report.result.wall_time = std::chrono::microseconds(12345);
  report.result.enforced_by[cloche::LimitKind::memory] = cloche::Mechanism::cgroup;
  return report;
}

std::string keys_of(const Json& json) {
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";
  return keys;
}

Json json_of(const Report& report) {
  return Json::parse(report_json(report));
}

}  // namespace

TEST_CASE("a completed run has its keys in order") {
  const Json json = json_of(completed());
  CHECK(keys_of(json) ==
        "stdout stderr exitCode exitSignal wallTime outputType verdict language version framework "
        "image usage limits phases truncated ");
  CHECK(json["stdout"] == "2\n");
  CHECK(json["exitCode"] == 0);
  CHECK(json["exitSignal"].is_null());
  CHECK(json["wallTime"] == 12);
  CHECK(json["outputType"] == "pre");
  CHECK(json["usage"]["wallTime"] == 12.345);
  CHECK(json["limits"]["enforcedBy"]["memory"] == "cgroup");
  CHECK(report_json(completed()).back() == '}');
}

TEST_CASE("a run that a signal ended has no exit code") {
  Report report = completed();
  report.exit_code.reset();
  report.signal = SIGSEGV;
  report.verdict = Verdict::signaled;
  const Json json = json_of(report);
  CHECK(json["exitCode"].is_null());
  CHECK(json["exitSignal"] == "SIGSEGV");
}

TEST_CASE("a killed run says why and still has its time") {
  Report report = completed();
  report.exit_code.reset();
  report.signal = SIGKILL;
  report.verdict = Verdict::time_limit;
  CHECK_THAT(
      report_json(report),
      ContainsSubstring(
          R"("stderr":"","status":"max_time_reached","exitSignal":"SIGKILL","wallTime":12,)"));
  report.verdict = Verdict::output_limit;
  CHECK(json_of(report)["status"] == "max_buffer_reached");
  report.verdict = Verdict::memory_limit;
  CHECK(json_of(report)["exitCode"].is_null());
  CHECK(json_of(report)["exitSignal"] == "SIGKILL");
}

TEST_CASE("a setup error has the keys of a failed compilation") {
  Report report;
  report.verdict = Verdict::setup_error;
  report.compilation_failure = true;
  report.err = "Error: Test framework is not supported";
  CHECK_THAT(report_json(report),
             ContainsSubstring(R"({"stdout":"","stderr":"Error: Test framework is not supported",)"
                               R"("wallTime":0,"compilationFailure":true,"outputType":"pre")"));
  report.exit_code = 1;
  CHECK(json_of(report)["exitCode"] == 1);
}

TEST_CASE("any bytes give valid JSON, and the bytes can be had") {
  Report report = completed();
  report.out = std::string("a\xff\x00\xed\xa0\x80z", 7);
  report.err = "\xc3\xa4";
  const Json json = json_of(report);
  CHECK(cloche::is_utf8(json["stdout"].get<std::string>()));
  CHECK_THAT(json["stdout"].get<std::string>(), ContainsSubstring("a\xef\xbf\xbd"));
  CHECK(json["stdoutBase64"] == "Yf8A7aCAeg==");
  CHECK_FALSE(json.contains("stderrBase64"));
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  CHECK(cloche::is_utf8(""));
  CHECK(cloche::is_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"));
  for (const char* bytes : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                            "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5", "\xe2\x82", "\xc3("})
    CHECK_FALSE(cloche::is_utf8(bytes));
}

TEST_CASE("base64 pads") {
  CHECK(cloche::base64("") == "");
  CHECK(cloche::base64("f") == "Zg==");
  CHECK(cloche::base64("fo") == "Zm8=");
  CHECK(cloche::base64("foo") == "Zm9v");
}

TEST_CASE("the setup script's result is nested") {
  Report report = completed();
  report.shell = StepReport();
  report.shell->out = "hi\n";
  report.shell->exit_code = 3;
  const Json json = json_of(report);
  CHECK(keys_of(json["shell"]) == "stdout stderr exitCode exitSignal wallTime ");
  CHECK(json["shell"]["exitCode"] == 3);
}

TEST_CASE("the tree of tests is written with names, outcomes, messages and times") {
  Report report = completed();
  report.test_mode = true;
  report.framework = "cw-2";
  Test test;
  test.kind = Test::Kind::test;
  test.name = "adds";
  test.outcome = Test::Outcome::failed;
  test.milliseconds = 1.5;
  test.assertions = {{Test::Outcome::failed, "no"}};
  test.logs = {{"LOG", "ESC", "Failure", "why"}};
  Test group;
  group.name = "math";
  group.outcome = Test::Outcome::failed;
  group.children.push_back(test);
  report.tests.children.push_back(group);
  report.counts.tests = report.counts.failed = 1;
  const Json json = json_of(report);
  CHECK(
      json["tests"].dump() ==
      R"([{"kind":"group","name":"math","outcome":"failed","children":[{"kind":"test",)"
      R"("name":"adds","outcome":"failed","milliseconds":1.5,"assertions":[{"outcome":"failed",)"
      R"("message":"no"}],"logs":[{"tag":"LOG","mode":"ESC","label":"Failure","text":"why"}]}]}])");
  CHECK(json["counts"]["failed"] == 1);
  CHECK(json["framework"] == "cw-2");
}

TEST_CASE("compile steps and cases are told with what they wrote") {
  Report report;
  StepReport step;
  step.err = "warning\xff";
  step.err_truncated = true;
  step.exit_code = 0;
  report.compile.push_back(step);
  CaseReport one;
  one.verdict = Verdict::wrong_output;
  one.reason = "why";
  one.out = "got";
  one.compared = true;
  one.signal = 11;
  one.result.wall_time = std::chrono::milliseconds(12);
  report.cases.push_back(one);
  const auto json = nlohmann::json::parse(report_json(report));
  CHECK(json["compile"][0]["status"] == "ok");
  CHECK(json["compile"][0]["stderr"] == "warning\xef\xbf\xbd");
  CHECK(json["compile"][0]["stderrBase64"] == "d2FybmluZ/8=");
  CHECK(json["compile"][0]["truncated"]["stderr"] == true);
  CHECK(json["cases"][0]["verdict"]["status"] == "wrong_output");
  CHECK(json["cases"][0]["verdict"]["reason"] == "why");
  CHECK(json["cases"][0]["stdout"] == "got");
  CHECK(json["cases"][0]["exitCode"] == nullptr);
  CHECK(json["cases"][0]["exitSignal"] == "SIGSEGV");
  CHECK(json["cases"][0]["wallTime"] == 12);
  CHECK(json["cases"][0]["compared"] == true);
}

TEST_CASE("absent parts of a report have no key") {
  const auto json = nlohmann::json::parse(report_json(Report()));
  for (const char* key : {"compile", "cases", "value"}) CHECK_FALSE(json.contains(key));
}

TEST_CASE("a value stands in the report as it came") {
  Report report;
  report.value = "{\"a\":[1.50,340282366920938463463374607431768211456]}";
  CHECK_THAT(report_json(report), Catch::Matchers::EndsWith(",\"value\":" + *report.value + "}"));
}
