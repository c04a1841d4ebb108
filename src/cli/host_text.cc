#include "cli/host_text.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>

#include "cli/exit_status.h"
#include "runner/report/result_json.h"
#include "util/json.h"

namespace cloche::cli {

namespace {

constexpr std::size_t kLevelWidth = 10;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

const char* colour_of(HostLevel level) {
  switch (level) {
    case HostLevel::ok:
      return "\033[32m";
    case HostLevel::degraded:
      return "\033[33m";
    case HostLevel::missing:
      return "\033[31m";
  }
  return "";
}

std::string level_word(HostLevel level, bool colour) {
  const std::string word = padded(std::string(to_string(level)), kLevelWidth);
  return colour ? colour_of(level) + word + "\033[0m" : word;
}

std::string title(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string summary(const HostReport& report) {
  if (report.level() == HostLevel::missing) return "No sandbox can be made.";
  if (report.level() == HostLevel::ok) return "Sandboxes can be made, and every limit is exact.";
  const auto count =
      std::count_if(report.findings.begin(), report.findings.end(),
                    [](const HostFinding& finding) { return finding.level != HostLevel::ok; });
  return "Sandboxes can be made; " + std::to_string(count) +
         (count == 1 ? " thing is degraded." : " things are degraded.");
}

}  // namespace

std::string host_text(const HostReport& report, bool colour) {
  std::size_t width = 0;
  for (const HostFinding& finding : report.findings)
    width = std::max(width, finding.name.size() + 2);
  const std::string indent(kLevelWidth + width, ' ');
  std::string text;
  std::set<std::string> remedies;  // several findings can have one remedy: print it once
  for (const HostFinding& finding : report.findings) {
    text += level_word(finding.level, colour) + padded(title(finding.name), width) + finding.found +
            "\n";
    if (!finding.instead.empty()) text += indent + "instead: " + finding.instead + "\n";
    if (!finding.remedy.empty() && remedies.insert(finding.remedy).second)
      text += indent + "to mend: " + finding.remedy + "\n";
  }
  return text + "\n" + summary(report) + "\n";
}

std::string host_json(const HostReport& report) {
  Json json;
  json["level"] = to_string(report.level());
  json["kernel"] = report.kernel;
  json["architecture"] = report.architecture;
  json["cgroup"] = {
      {"version", to_string(report.cgroup_version)},
      {"subtree", report.cgroup_subtree.empty() ? Json() : Json(report.cgroup_subtree)},
      {"controllers", report.cgroup_controllers}};
  json["landlockAbi"] = report.landlock_abi;
  Json& sandbox = json["sandbox"];
  sandbox["made"] = report.sandbox_create.has_value();
  if (report.sandbox_create)
    sandbox["createTime"] =
        std::chrono::duration<double, std::milli>(*report.sandbox_create).count();
  else
    sandbox["createTime"] = nullptr;
  sandbox["enforcedBy"] = runner::enforced_by_json(report.enforced_by);
  json["findings"] = Json::array();
  for (const HostFinding& finding : report.findings)
    json["findings"].push_back({{"name", finding.name},
                                {"level", to_string(finding.level)},
                                {"found", finding.found},
                                {"instead", finding.instead},
                                {"remedy", finding.remedy}});
  // Paths may hold bytes that are not UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int host_status(const HostReport& report) {
  switch (report.level()) {
    case HostLevel::ok:
      return 0;
    case HostLevel::degraded:
      return 1;
    case HostLevel::missing:
      break;
  }
  return exit_status(ErrorKind::unsupported);
}

}  // namespace cloche::cli
