#include "service/worker/job.h"

#include <optional>

#include "util/json.h"

namespace cloche::service {

namespace {

std::string to_bytes(const SortedJson& json) {
  std::string bytes;
  SortedJson::to_cbor(json, bytes);
  return bytes;
}

template <typename Value>
void put(SortedJson& json, const char* key, const std::optional<Value>& value) {
  if (value) json[key] = *value;
}
void put(SortedJson& json, const char* key, const std::optional<std::chrono::milliseconds>& value) {
  if (value) json[key] = value->count();
}

template <typename Value>
void take(const SortedJson& json, const char* key, std::optional<Value>& value) {
  if (json.contains(key)) value = json.at(key).get<Value>();
}
void take(const SortedJson& json, const char* key,
          std::optional<std::chrono::milliseconds>& value) {
  if (json.contains(key)) value = std::chrono::milliseconds(json.at(key).get<std::int64_t>());
}

struct TextField {
  const char* name;
  std::string runner::Request::*field;
};
constexpr TextField kTexts[] = {
    {"language", &runner::Request::language},
    {"version", &runner::Request::version},
    {"solution", &runner::Request::solution},
    {"setup", &runner::Request::setup},
    {"fixture", &runner::Request::fixture},
    {"framework", &runner::Request::framework},
    {"entry_file", &runner::Request::entry_file},
    {"bash", &runner::Request::bash},
    {"bash_file", &runner::Request::bash_file},
    {"solution_path", &runner::Request::solution_path},
    {"github_repo", &runner::Request::github_repo},
    {"gist", &runner::Request::gist},
    {"image", &runner::Request::image},
    {"stdin", &runner::Request::stdin_data},
};

SortedJson request_to_json(const runner::Request& request) {
  SortedJson json;
  for (const TextField& text : kTexts) json[text.name] = request.*text.field;
  json["files"] = request.files;
  json["services"] = request.services;
  json["options"] = request.options;
  json["arguments"] = request.arguments;
  put(json, "timeout", request.timeout);
  put(json, "compile_timeout", request.compile_timeout);
  put(json, "cpu_time", request.cpu_time);
  put(json, "compile_cpu_time", request.compile_cpu_time);
  put(json, "memory", request.memory_bytes);
  put(json, "compile_memory", request.compile_memory_bytes);
  put(json, "cpus", request.cpus);
  json["loopback"] = request.network == Network::loopback;
  json["strict"] = request.strict;
  SortedJson& cases = json["cases"] = SortedJson::array();
  for (const runner::Case& each : request.cases) {
    SortedJson one = {{"stdin", each.stdin_data}, {"arguments", each.arguments}};
    put(one, "expected", each.expected);
    cases.push_back(std::move(one));
  }
  if (request.call)
    json["call"] = {{"entry", request.call->entry}, {"arguments", request.call->arguments}};
  return json;
}

runner::Request request_from_json(const SortedJson& json) {
  runner::Request request;
  for (const TextField& text : kTexts) request.*text.field = json.at(text.name);
  json.at("files").get_to(request.files);
  json.at("services").get_to(request.services);
  json.at("options").get_to(request.options);
  json.at("arguments").get_to(request.arguments);
  take(json, "timeout", request.timeout);
  take(json, "compile_timeout", request.compile_timeout);
  take(json, "cpu_time", request.cpu_time);
  take(json, "compile_cpu_time", request.compile_cpu_time);
  take(json, "memory", request.memory_bytes);
  take(json, "compile_memory", request.compile_memory_bytes);
  take(json, "cpus", request.cpus);
  request.network = json.at("loopback").get<bool>() ? Network::loopback : Network::none;
  json.at("strict").get_to(request.strict);
  for (const SortedJson& one : json.at("cases")) {
    runner::Case each;
    one.at("stdin").get_to(each.stdin_data);
    one.at("arguments").get_to(each.arguments);
    take(one, "expected", each.expected);
    request.cases.push_back(std::move(each));
  }
  if (json.contains("call"))
    request.call = runner::Call{json["call"].at("entry"), json["call"].at("arguments")};
  return request;
}

// What `read` makes of the document, with the library's errors as ours.
template <typename Read>
auto decoded(std::string_view bytes, const char* what, Read read) {
  try {
    return read(SortedJson::from_cbor(bytes));
  } catch (const SortedJson::exception& error) {
    throw Error(ErrorKind::bad_data, std::string("read ") + what + ": " + error.what());
  }
}

}  // namespace

std::string encode(const Job& job) {
  return to_bytes({{"request", request_to_json(job.request)},
                   {"observe", job.observe},
                   {"join_output", job.join_output},
                   {"interactive", job.interactive},
                   {"output_bytes", job.output_bytes}});
}

Job decode_job(std::string_view bytes) {
  return decoded(bytes, "a job", [](const SortedJson& json) {
    Job job;
    job.request = request_from_json(json.at("request"));
    json.at("observe").get_to(job.observe);
    json.at("join_output").get_to(job.join_output);
    json.at("interactive").get_to(job.interactive);
    json.at("output_bytes").get_to(job.output_bytes);
    return job;
  });
}

std::string encode(const Outcome& outcome) {
  SortedJson phases = SortedJson::array();
  for (const auto& [name, time] : outcome.phases) phases.push_back({name, time.count()});
  return to_bytes({{"verdict", outcome.verdict},
                   {"language", outcome.language},
                   {"version", outcome.version},
                   {"framework", outcome.framework},
                   {"phases", std::move(phases)},
                   {"result", outcome.result}});
}

Outcome decode_outcome(std::string_view bytes) {
  return decoded(bytes, "an outcome", [](const SortedJson& json) {
    Outcome outcome;
    json.at("verdict").get_to(outcome.verdict);
    json.at("language").get_to(outcome.language);
    json.at("version").get_to(outcome.version);
    json.at("framework").get_to(outcome.framework);
    for (const SortedJson& phase : json.at("phases"))
      outcome.phases.emplace_back(phase.at(0).get<std::string>(),
                                  std::chrono::nanoseconds(phase.at(1).get<std::int64_t>()));
    json.at("result").get_to(outcome.result);
    return outcome;
  });
}

std::string encode(const Failure& failure) {
  return to_bytes({{"kind", static_cast<int>(failure.kind)}, {"message", failure.message}});
}

Failure decode_failure(std::string_view bytes) {
  return decoded(bytes, "a failure", [](const SortedJson& json) {
    const int kind = json.at("kind");
    if (kind < 0 || kind > static_cast<int>(ErrorKind::internal))
      throw Error(ErrorKind::bad_data, "read a failure of the kind " + std::to_string(kind));
    return Failure{static_cast<ErrorKind>(kind), json.at("message")};
  });
}

}  // namespace cloche::service
