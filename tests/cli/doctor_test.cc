// `cloche doctor` on hosts that lack a feature. The tests remove the feature around it.
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "program.h"

namespace {

using Json = nlohmann::json;

// A shell, root in its own namespaces, that runs `preparation` and then becomes cloche.
std::vector<std::string> after(const std::string& preparation) {
  return {"unshare",
          "--user",
          "--map-root-user",
          "--mount",
          "sh",
          "-c",
          preparation + " && exec \"$@\"",
          "sh"};
}

Json finding(const Json& report, const std::string& name) {
  for (const Json& each : report["findings"])
    if (each["name"] == name) return each;
  return nullptr;
}

}  // namespace

TEST_CASE("doctor says that sandboxes can be made, and in what time") {
  const Ended ran = run_cloche({"doctor"});
  INFO(ran.out);
  CHECK(ran.err == "");
  CHECK(std::regex_search(ran.out, std::regex("\nok +sandbox +made in [0-9.]+ ms\n")));
  CHECK_THAT(ran.out, ContainsSubstring("\nSandboxes can be made"));
  // Not to a terminal: no colours.
  CHECK(ran.out.find('\033') == std::string::npos);
  CHECK(ran.status == (ran.out.find("\ndegraded ") == std::string::npos ? 0 : 1));
}

TEST_CASE("doctor's JSON agrees with its text and its status") {
  const Ended text = run_cloche({"doctor"});
  const Ended ran = run_cloche({"doctor", "--json"});
  const Json report = Json::parse(ran.out);
  CHECK(ran.status == text.status);
  CHECK(report["level"] == (ran.status == 0 ? "ok" : "degraded"));
  CHECK(report["sandbox"]["made"] == true);
  std::istringstream lines(text.out);
  std::size_t levels = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("ok ") || line.starts_with("degraded ")) ++levels;
  CHECK(levels == report["findings"].size());
}

TEST_CASE("doctor's guide lists exactly the findings there are") {
  std::ifstream guide(DOCTOR_GUIDE);
  REQUIRE(guide.good());
  std::set<std::string> described, found;
  const std::regex row("^\\| `([a-z0-9_]+)` \\|.*");
  bool within = false;
  for (std::string line; std::getline(guide, line);) {
    if (line.starts_with("## ")) within = line == "## Findings";
    std::smatch match;
    if (within && std::regex_match(line, match, row)) described.insert(match[1]);
  }
  const Json report = Json::parse(run_cloche({"doctor", "--json"}).out);
  for (const Json& each : report["findings"]) found.insert(each["name"].get<std::string>());
  CHECK(described == found);
}

TEST_CASE("doctor names the sysctl that forbids user namespaces") {
  const auto through = after("echo 0 > /proc/sys/user/max_user_namespaces");
  const Ended ran = run_cloche({"doctor"}, {}, through);
  INFO(ran.out);
  CHECK(ran.status == 69);
  CHECK_THAT(ran.out, ContainsSubstring("to mend: sysctl user.max_user_namespaces=15000\n"));
  CHECK_THAT(ran.out, ContainsSubstring("\nNo sandbox can be made.\n"));
  const Json report = Json::parse(run_cloche({"doctor", "--json"}, {}, through).out);
  CHECK(report["level"] == "missing");
  CHECK(report["sandbox"]["made"] == false);
}

TEST_CASE("doctor finds system calls that a container refuses") {
  const Ended ran =
      run_cloche({"doctor", "--json"}, {}, {REFUSE, "clone3", std::to_string(ENOSYS)});
  CHECK(ran.status == 69);
  CHECK(finding(Json::parse(ran.out), "clone3")["level"] == "missing");
  const Ended mount =
      run_cloche({"doctor", "--json"}, {}, {REFUSE, "fsopen", std::to_string(EPERM)});
  CHECK(mount.status == 69);
  CHECK(finding(Json::parse(mount.out), "mounts")["level"] == "missing");
}

TEST_CASE("doctor says that limits are approximated where there are no control groups") {
  const auto through = after("mount -t tmpfs none /sys/fs/cgroup");
  const Ended ran = run_cloche({"doctor", "--json"}, {}, through);
  CHECK(ran.status == 1);
  const Json report = Json::parse(ran.out);
  CHECK(report["cgroup"]["version"] == "none");
  CHECK(report["sandbox"]["enforcedBy"]["memory"] == "supervision");
  CHECK(finding(report, "memory_controller")["level"] == "degraded");
}

TEST_CASE("doctor takes no arguments of other commands") {
  CHECK(run_cloche({"doctor", "--strict"}).status == 64);
  CHECK(run_cloche({"doctor", "python"}).status == 64);
}
