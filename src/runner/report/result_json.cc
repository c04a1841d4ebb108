#include "runner/report/result_json.h"

#include <cmath>

#include "runner/report/report_json.h"
#include "util/text.h"

namespace cloche::runner {

double milliseconds(std::chrono::nanoseconds time) {
  return std::round(static_cast<double>(time.count()) / 1000.0) / 1000.0;
}

Json usage_json(const Result& result) {
  Json json;
  json["wallTime"] = milliseconds(result.wall_time);
  json["userTime"] = milliseconds(result.user_time);
  json["systemTime"] = milliseconds(result.system_time);
  json["peakMemory"] = result.peak_memory_bytes;
  json["peakTasks"] = result.peak_tasks;
  json["readBytes"] = result.read_bytes;
  json["writtenBytes"] = result.written_bytes;
  json["voluntarySwitches"] = result.voluntary_switches;
  json["involuntarySwitches"] = result.involuntary_switches;
  json["throttledTime"] = milliseconds(result.throttled_time);
  Json& pressure = json["pressure"] = Json::object();
  for (const auto& [resource, waited] : result.pressure) pressure[resource] = milliseconds(waited);
  json["firstOutput"] = result.first_output ? Json(milliseconds(*result.first_output)) : Json();
  json["lastOutput"] = result.last_output ? Json(milliseconds(*result.last_output)) : Json();
  return json;
}

Json enforced_by_json(const std::map<LimitKind, Mechanism>& enforced_by) {
  Json json = Json::object();
  for (const auto& [limit, mechanism] : enforced_by)
    json[std::string(to_string(limit))] = to_string(mechanism);
  return json;
}

Json limits_json(const Result& result) {
  Json json;
  json["enforcedBy"] = enforced_by_json(result.enforced_by);
  json["met"] = result.notes;
  json["deniedSyscalls"] = Json::object();
  for (const auto& [name, count] : result.denied_syscalls) json["deniedSyscalls"][name] = count;
  return json;
}

void put_output(Json& json, const std::string& name, const std::string& bytes) {
  json[name] = bytes;
  if (!is_utf8(bytes)) json[name + "Base64"] = base64(bytes);
}

Json or_null(const std::optional<int>& number) {
  return number ? Json(*number) : Json();
}

Json signal_or_null(const std::optional<int>& signal) {
  return signal ? Json(signal_name(*signal)) : Json();
}

}  // namespace cloche::runner
