#include "runner/report/report_json.h"

#include "runner/report/result_json.h"
#include "util/json_node.h"
#include "util/text.h"

namespace cloche::runner {

namespace {

std::int64_t whole_milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Json tests_json(const std::vector<Test>& tests);

Json test_json(const Test& test) {
  Json json;
  json["kind"] = test.kind == Test::Kind::group ? "group" : "test";
  json["name"] = test.name;
  json["outcome"] = to_string(test.outcome);
  if (test.milliseconds) json["milliseconds"] = *test.milliseconds;
  if (test.kind == Test::Kind::test) {
    Json& assertions = json["assertions"] = Json::array();
    for (const Test::Assertion& assertion : test.assertions)
      assertions.push_back(
          {{"outcome", to_string(assertion.outcome)}, {"message", assertion.message}});
  }
  if (!test.logs.empty()) {
    Json& logs = json["logs"] = Json::array();
    for (const Test::Log& log : test.logs)
      logs.push_back(
          {{"tag", log.tag}, {"mode", log.mode}, {"label", log.label}, {"text", log.text}});
  }
  if (test.kind == Test::Kind::group || !test.children.empty())
    json["children"] = tests_json(test.children);
  return json;
}

Json tests_json(const std::vector<Test>& tests) {
  Json list = Json::array();
  for (const Test& test : tests) list.push_back(test_json(test));
  return list;
}

// The keys of a step. Their names are those of earlier runners of this kind.
void put_end(Json& json, const Report& report) {
  const auto wall = report.step_ran ? whole_milliseconds(report.result.wall_time) : 0;
  if (report.compilation_failure) {
    json["wallTime"] = 0;
    if (report.exit_code) json["exitCode"] = *report.exit_code;
    if (report.signal) json["exitSignal"] = signal_name(*report.signal);
    json["compilationFailure"] = true;
  } else if (report.verdict == Verdict::time_limit || report.verdict == Verdict::output_limit) {
    json["status"] =
        report.verdict == Verdict::time_limit ? "max_time_reached" : "max_buffer_reached";
    json["exitSignal"] = signal_or_null(report.signal);
    json["wallTime"] = wall;
  } else {
    json["exitCode"] = or_null(report.exit_code);
    json["exitSignal"] = signal_or_null(report.signal);
    json["wallTime"] = wall;
  }
}

Json shell_json(const StepReport& shell) {
  Json json;
  json["stdout"] = shell.out;
  json["stderr"] = shell.err;
  json["exitCode"] = or_null(shell.exit_code);
  json["exitSignal"] = signal_or_null(shell.signal);
  json["wallTime"] = whole_milliseconds(shell.result.wall_time);
  return json;
}

Json truncated_json(const StepReport& step) {
  return {{"stdout", step.out_truncated}, {"stderr", step.err_truncated}};
}

// The output and the end of a step: the middle of its object.
void put_step(Json& json, const StepReport& step) {
  put_output(json, "stdout", step.out);
  put_output(json, "stderr", step.err);
  json["exitCode"] = or_null(step.exit_code);
  json["exitSignal"] = signal_or_null(step.signal);
  json["wallTime"] = whole_milliseconds(step.result.wall_time);
}

Json compile_json(const StepReport& step) {
  Json json = {{"status", to_string(step.result.status)},
               {"reason", step.reason},
               {"reasonCode", to_string(step.result.reason_code)}};
  put_step(json, step);
  json["usage"] = usage_json(step.result);
  json["truncated"] = truncated_json(step);
  return json;
}

Json case_json(const CaseReport& one) {
  Json json;
  json["verdict"] = {{"status", to_string(one.verdict)}, {"reason", one.reason}};
  put_step(json, one);
  json["compared"] = one.compared;
  json["usage"] = usage_json(one.result);
  json["limits"] = limits_json(one.result);
  json["truncated"] = truncated_json(one);
  return json;
}

template <typename Item>
void put_list(Json& json, const char* name, const std::vector<Item>& items,
              Json (*item_json)(const Item&)) {
  if (items.empty()) return;
  Json& list = json[name] = Json::array();
  for (const Item& item : items) list.push_back(item_json(item));
}

Json counts_json(const Counts& counts) {
  return {{"tests", counts.tests},
          {"passed", counts.passed},
          {"failed", counts.failed},
          {"errors", counts.errors},
          {"skipped", counts.skipped},
          {"assertionsPassed", counts.assertions_passed},
          {"assertionsFailed", counts.assertions_failed}};
}

void put_usage(Json& json, const Report& report) {
  if (report.step_ran) {
    json["usage"] = usage_json(report.result);
    json["limits"] = limits_json(report.result);
    json["limits"]["wallTime"] = report.time_limit.count();
  }
  Json& phases = json["phases"] = Json::object();
  for (const auto& [name, time] : report.phases) phases[name] = milliseconds(time);
  json["truncated"] = truncated_json(report);
}

}  // namespace

std::string report_json(const Report& report) {
  Json json;
  json["stdout"] = report.out;
  json["stderr"] = report.err;
  put_end(json, report);
  if (report.shell) json["shell"] = shell_json(*report.shell);
  json["outputType"] = report.output_type;
  if (!is_utf8(report.out)) json["stdoutBase64"] = base64(report.out);
  if (!is_utf8(report.err)) json["stderrBase64"] = base64(report.err);
  json["verdict"] = {{"status", to_string(report.verdict)}, {"reason", report.reason}};
  json["language"] = report.language;
  json["version"] = report.version.empty() ? Json() : Json(report.version);
  json["framework"] = report.framework.empty() ? Json() : Json(report.framework);
  json["image"] = report.image.empty() ? Json() : Json(report.image);
  if (report.test_mode) {
    json["tests"] = tests_json(report.tests.children);
    json["counts"] = counts_json(report.counts);
    if (report.forged_lines > 0) json["forgedLines"] = report.forged_lines;
  }
  put_list(json, "compile", report.compile, compile_json);
  put_list(json, "cases", report.cases, case_json);
  put_usage(json, report);
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  // The value is inserted as text: C++ has no type for all numbers of other languages.
  if (report.value) text.replace(text.size() - 1, 1, ",\"value\":" + *report.value + "}");
  return text;
}

}  // namespace cloche::runner
