// `cloche exec --json`, and output to files.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "program.h"

namespace {

using Json = nlohmann::json;

Ended exec_for_report(std::vector<std::string> arguments) {
  std::vector<std::string> argv = {"exec", "--image", "python"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_cloche(argv);
}

Json report_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "--json");
  const Ended ended = exec_for_report(std::move(arguments));
  CHECK(ended.err.empty());
  return Json::parse(ended.out);
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a report holds verdict, output, use and phases") {
  const Ended ended =
      exec_for_report({"--json", "--", "sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(ended.status == 3);
  const Json report = Json::parse(ended.out);
  CHECK(report["status"] == "runtime_error");
  CHECK(report["exitCode"] == 3);
  CHECK(report["exitSignal"].is_null());
  CHECK(report["stdout"] == "out\n");
  CHECK(report["stderr"] == "err\n");
  CHECK(report["usage"]["wallTime"] > 0);
  CHECK(report["usage"]["peakMemory"] > 0);
  CHECK(report["usage"]["peakTasks"] >= 1);
  CHECK(report["usage"]["firstOutput"] <= report["usage"]["lastOutput"]);
  CHECK(report["limits"]["enforcedBy"].contains("memory"));
  for (const char* phase : {"prepare", "run", "teardown"}) CHECK(report["phases"][phase] > 0);
}

TEST_CASE("a report says what ended the run") {
  CHECK(report_of({"--timeout", "300ms", "--", "sleep", "9"})["status"] == "time_limit");
  CHECK(report_of({"--memory", "32M", "--", "python3", "-c", "x = bytearray(1 << 30)"})["status"] ==
        "memory_limit");
  const Json cut = report_of({"--output", "10", "--output-limit-action", "kill", "--", "yes"});
  CHECK(cut["status"] == "output_limit");
  CHECK(cut["stdout"] == "y\ny\ny\ny\ny\n");
  CHECK(cut["truncated"]["stdout"] == true);
  CHECK(report_of({"--", "no-such-program"})["status"] == "not_started");
  const Json refused = report_of({"--", "unshare", "-U", "true"});
  CHECK(refused["limits"]["deniedSyscalls"]["unshare"] == 1);
}

TEST_CASE("bytes that are not text come whole") {
  const Json report = report_of({"--", "printf", "\\377\\000x"});
  CHECK(report["stdoutBase64"] == "/wB4");
  CHECK(report["stdout"] == std::string("\xef\xbf\xbd\0x", 5));
  CHECK_FALSE(report.contains("stderrBase64"));
}

TEST_CASE("output goes to files byte for byte") {
  const auto directory =
      std::filesystem::temp_directory_path() / ("cloche-output-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const std::string out = directory / "out", err = directory / "err";
  const Ended ended = exec_for_report(
      {"--stdout", out, "--stderr", err, "--", "sh", "-c", "printf '\\377\\000'; echo told >&2"});
  CHECK(ended.status == 0);
  CHECK(ended.out.empty());
  CHECK(ended.err.empty());
  CHECK(content(out) == std::string("\xff\0", 2));
  CHECK(content(err) == "told\n");
  const Json report = report_of({"--stdout", out, "--", "echo", "again"});
  CHECK(content(out) == "again\n");
  CHECK_FALSE(report.contains("stdout"));
  std::filesystem::remove_all(directory);
  const Ended nowhere = exec_for_report({"--stdout", out, "--", "true"});
  CHECK(nowhere.status == 125);
  CHECK_THAT(nowhere.err, ContainsSubstring("write " + out + ": No such file or directory"));
}

TEST_CASE("a report is also to be had when there is no sandbox") {
  const Ended ended = run_cloche({"exec", "--json", "--rootfs", "/nonexistent", "--", "true"});
  CHECK(ended.status == 125);
  const Json report = Json::parse(ended.out);
  CHECK(report["status"] == "sandbox_error");
  CHECK_THAT(report["reason"].get<std::string>(), ContainsSubstring("/nonexistent"));
}

TEST_CASE("limits of exec reach the program") {
  CHECK(exec_for_report({"--open-files", "77", "--", "sh", "-c", "ulimit -n"}).out == "77\n");
  CHECK(exec_for_report({"--stack", "1M", "--", "sh", "-c", "ulimit -s"}).out == "1024\n");
  CHECK(exec_for_report({"--file-size", "512", "--", "sh", "-c", "ulimit -f"}).out == "1\n");
  CHECK(exec_for_report({"--cpuset", "0", "--", "nproc"}).out == "1\n");
  CHECK(exec_for_report({"--cpuset", "x", "--", "nproc"}).status == 125);
  const Ended files =
      exec_for_report({"--inodes", "10", "--", "sh", "-c", "touch 1 2 3 4 5 6 7 8 9"});
  CHECK(files.status == 0);
  const Ended more = exec_for_report(
      {"--inodes", "10", "--json", "--", "sh", "-c", "touch 1 2 3 4 5 6 7 8 9 10 2>/dev/null"});
  CHECK(Json::parse(more.out)["limits"]["met"] == Json::array({"disk_limit"}));
  const Ended grace = exec_for_report({"--cpu-time", "200ms", "--cpu-grace", "5s", "--", "sh", "-c",
                                       "trap 'echo warned; exit 4' XCPU; while :; do :; done"});
  CHECK(grace.out == "warned\n");
  CHECK(grace.status == 4);
}
