#include "cli/host_text.h"

#include <nlohmann/json.hpp>

#include "catch.h"

using cloche::HostLevel;
using cloche::HostReport;
using cloche::cli::host_json;
using cloche::cli::host_status;
using cloche::cli::host_text;

namespace {

HostReport report_of(HostLevel memory) {
  HostReport report;
  report.kernel = "6.1.0";
  report.architecture = "x86_64";
  report.sandbox_create = std::chrono::microseconds(2500);
  report.findings.push_back({"kernel", HostLevel::ok, "Linux 6.1.0"});
  if (memory == HostLevel::ok)
    report.findings.push_back({"memory_controller", memory, "there"});
  else
    report.findings.push_back({"memory_controller", memory, "not there", "sampled", "reboot"});
  return report;
}

}  // namespace

TEST_CASE("findings are aligned, and lacks say what helps") {
  CHECK(host_text(report_of(HostLevel::ok), false) ==
        "ok        kernel             Linux 6.1.0\n"
        "ok        memory controller  there\n"
        "\n"
        "Sandboxes can be made, and every limit is exact.\n");
  CHECK(host_text(report_of(HostLevel::degraded), false) ==
        "ok        kernel             Linux 6.1.0\n"
        "degraded  memory controller  not there\n"
        "                             instead: sampled\n"
        "                             to mend: reboot\n"
        "\n"
        "Sandboxes can be made; 1 thing is degraded.\n");
}

TEST_CASE("a remedy for several lacks is told once") {
  HostReport report = report_of(HostLevel::degraded);
  report.findings.push_back({"cpu_controller", HostLevel::degraded, "not there", "none", "reboot"});
  const std::string text = host_text(report, false);
  CHECK(text.find("to mend: reboot") == text.rfind("to mend: reboot"));
  CHECK_THAT(text, ContainsSubstring("2 things are degraded."));
}

TEST_CASE("only the level is coloured") {
  const std::string text = host_text(report_of(HostLevel::degraded), true);
  CHECK_THAT(text, ContainsSubstring("\033[32mok        \033[0mkernel"));
  CHECK_THAT(text, ContainsSubstring("\033[33mdegraded  \033[0mmemory controller"));
}

TEST_CASE("the status tells ok, degraded and missing apart") {
  CHECK(host_status(report_of(HostLevel::ok)) == 0);
  CHECK(host_status(report_of(HostLevel::degraded)) == 1);
  // A sandbox that was made overrules a probe that found an obstacle.
  CHECK(host_status(report_of(HostLevel::missing)) == 1);
  HostReport none = report_of(HostLevel::ok);
  none.sandbox_create.reset();
  CHECK(host_status(none) == 69);
}

TEST_CASE("the host's JSON has fixed keys and survives any bytes") {
  HostReport report = report_of(HostLevel::degraded);
  report.cgroup_version = cloche::CgroupVersion::hybrid;
  report.cgroup_subtree = "/sys/fs/cgroup/\xff";
  report.cgroup_controllers = {"pids"};
  report.landlock_abi = 2;
  report.enforced_by = {{cloche::LimitKind::memory, cloche::Mechanism::supervision}};
  const auto json = nlohmann::json::parse(host_json(report));
  CHECK(json["level"] == "degraded");
  CHECK(json["kernel"] == "6.1.0");
  CHECK(json["architecture"] == "x86_64");
  CHECK(json["cgroup"]["version"] == "hybrid");
  CHECK(json["cgroup"]["subtree"] == "/sys/fs/cgroup/\uFFFD");
  CHECK(json["cgroup"]["controllers"] == nlohmann::json{"pids"});
  CHECK(json["landlockAbi"] == 2);
  CHECK(json["sandbox"]["made"] == true);
  CHECK(json["sandbox"]["createTime"] == 2.5);
  CHECK(json["sandbox"]["enforcedBy"]["memory"] == "supervision");
  CHECK(json["findings"][1] == nlohmann::json{{"name", "memory_controller"},
                                              {"level", "degraded"},
                                              {"found", "not there"},
                                              {"instead", "sampled"},
                                              {"remedy", "reboot"}});
  report.sandbox_create.reset();
  report.cgroup_subtree.clear();
  const auto none = nlohmann::json::parse(host_json(report));
  CHECK(none["level"] == "missing");
  CHECK(none["cgroup"]["subtree"].is_null());
  CHECK(none["sandbox"]["made"] == false);
  CHECK(none["sandbox"]["createTime"].is_null());
}
