#include <cmath>

#include "service/api/handlers.h"
#include "service/api/piston.h"
#include "service/api/submit.h"

namespace cloche::service {

namespace piston {

namespace {

// How a stage ended: a word and a sentence, both null for a program that ended well.
struct Ending {
  Json status, message;
  bool killed = false;
};

Ending ending_of(const std::string& verdict, const std::string& reason, bool out_full) {
  if (verdict == "ok" || verdict == "no_tests" || verdict == "tests_failed") return {};
  if (verdict == "time_limit") return {"TO", reason, true};
  if (verdict == "output_limit" && out_full) return {"OL", "stdout length exceeded", true};
  if (verdict == "output_limit") return {"EL", "stderr length exceeded", true};
  if (verdict == "signaled" || verdict == "memory_limit" || verdict == "syscall_denied" ||
      verdict == "cancelled")
    return {"SG", reason};
  if (verdict == "runtime_error" || verdict == "compile_error") return {"RE", reason};
  return {"XX", reason};
}

// Whole milliseconds, or bytes.
std::int64_t whole(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || !found->is_number() ? 0 : std::llround(found->get<double>());
}

// One stage of the answer, made from a result object or from one of its compile steps.
Json stage(const Json& ended, const Ending& ending, std::string output) {
  const Json usage = ended.value("usage", Json::object());
  Json stage;
  stage["stdout"] = ended.value("stdout", "");
  stage["stderr"] = ended.value("stderr", "");
  stage["output"] = std::move(output);
  stage["signal"] = ending.killed ? Json("SIGKILL") : ended.value("exitSignal", Json());
  stage["code"] = stage["signal"].is_null() ? ended.value("exitCode", Json()) : Json();
  stage["message"] = ending.message;
  stage["status"] = ending.status;
  stage["cpu_time"] = whole(usage, "userTime") + whole(usage, "systemTime");
  stage["wall_time"] = whole(usage, "wallTime");
  stage["memory"] = whole(usage, "peakMemory");
  return stage;
}

// The output of a run, for each stage, in the order of its arrival.
struct Printed {
  std::string compile, run;
};

Json answer_of(const Wanted& wanted, const Json& result, const Printed& printed) {
  const std::string verdict = result.at("verdict").at("status");
  const std::string reason = result.at("verdict").at("reason");
  const bool failed_to_compile = result.value("compilationFailure", false);
  Json answer = {{"language", wanted.language}, {"version", wanted.version}};
  const Json steps = result.value("compile", Json::array());
  Json compile;
  if (!steps.empty()) {
    // The last compile step holds the status of the stage.
    const Ending ending = failed_to_compile
                              ? ending_of(steps.back().value("status", verdict), reason, false)
                              : Ending{};
    compile = stage(steps.back(), ending, printed.compile);
  }
  if (failed_to_compile) {
    // Without a run, "run" repeats the compiler's stage.
    answer["run"] =
        compile.is_null() ? stage(result, ending_of(verdict, reason, false), "") : compile;
  } else {
    const bool out_full = result.value("/truncated/stdout"_json_pointer, false);
    answer["run"] = stage(result, ending_of(verdict, reason, out_full), printed.run);
  }
  if (!compile.is_null()) answer["compile"] = std::move(compile);
  return answer;
}

}  // namespace

}  // namespace piston

namespace {

Reply runtimes(const Service& service) {
  Json list = Json::array();
  for (const runner::LanguageInfo& language : service.languages)
    for (const runner::VersionInfo& version : language.versions)
      if (service.runner.store().contains(version.image)) {
        Json one = {{"language", language.name},
                    {"version", piston::semver(version.version).text()},
                    {"aliases", language.aliases}};
        if (piston::names_itself(version.version)) one["runtime"] = version.version;
        list.push_back(std::move(one));
      }
  return json_reply(list);
}

}  // namespace

Awaitable<void> get_runtimes(Service& service, Exchange& exchange) {
  co_await exchange.reply(runtimes(service));
}

Awaitable<void> post_execute(Service& service, Exchange& exchange) {
  demand_piston_json(exchange.request());
  const Json body = Json::parse(exchange.request().body, nullptr, false);
  if (body.is_discarded()) throw HttpError(400, "invalid_request", "The body is no valid JSON.");
  piston::Wanted wanted = piston::read_request(service, body);
  wanted.order.observe = true;
  Submitted submitted = submit(service, exchange, wanted.order);
  piston::Printed printed;
  std::string phase;
  for (;;) {
    auto event = co_await submitted.events->take();
    if (!event) continue;
    if (event->kind == RunEvent::Kind::phase) phase = event->text;
    if (event->kind == RunEvent::Kind::output)
      (phase == "compile" ? printed.compile : printed.run) += event->text;
    if (!event->last()) continue;
    if (!event->outcome) throw failure_of(*event);
    const Json result = Json::parse(event->outcome->result);
    Reply reply = json_reply(piston::answer_of(wanted, result, printed));
    co_await answer(exchange, submitted, std::move(reply));
    co_return;
  }
}

}  // namespace cloche::service
