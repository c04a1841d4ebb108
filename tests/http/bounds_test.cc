// The operator's limits hold, whatever a request's own files and texts say.
#include "catch.h"
#include "client.h"
#include "server.h"

using nlohmann::json;
using test::post;
using test::Server;

namespace {

const char* const kPythonRun = "python";
const char* const kConfig =
    "[runs]\ntimeout_max = \"2s\"\ncompile_timeout_max = \"3s\"\nmemory_max = \"256M\"\n"
    "[eval]\ntimeout = \"1s\"\n"
    "[piston]\nrun_timeout = \"2s\"\ncompile_timeout = \"3s\"\n";

// Keys of .runner/config.json, each beyond a bound.
const json kBeyond[] = {{{"timeout", 2001}},      {{"compileTimeout", 3001}},
                        {{"cpuTime", 3001}},      {{"compileCpuTime", 3001}},
                        {{"memory", "257M"}},     {{"compileMemory", "257M"}},
                        {{"memory", 268435457}},  {{"timeout", 2001}, {"memory", "1M"}},
                        {{"timeout", "86400000"}}};

// A project whose only program never ends.
json project(const json& config) {
  return {{"language", "python"},
          {"files", {{"entry.py", "while True: pass"}, {".runner/config.json", config.dump()}}}};
}

// The same project as one text: split-file statements leave no solution.
std::string split_project(const json& config) {
  return "# @config: split-file .runner/config.json\n" + config.dump() +
         "\n# @config: split-file entry.py\nwhile True: pass\n";
}

json piston_project(const json& config) {
  return {{"language", "python"},
          {"version", "*"},
          {"files",
           {{{"content", ""}},
            {{"name", "entry.py"}, {"content", "while True: pass"}},
            {{"name", ".runner/config.json"}, {"content", config.dump()}}}}};
}

void check_refused(const test::Response& answer) {
  INFO(answer.body);
  CHECK(answer.status == 422);
  CHECK_THAT(answer.body, ContainsSubstring("more than this service allows"));
}

}  // namespace

TEST_CASE("a project cannot raise its limits") {
  const Server server(kConfig);
  for (const json& config : kBeyond) {
    INFO(config.dump());
    for (const char* target : {"/v1/runs", "/v1/runs?stream=1"}) {
      const auto answer = post(server.port(), target, project(config));
      check_refused(answer);
      CHECK(answer.json().at("error").at("code") == "limit_exceeded");
    }
    json call = project(config);
    call["entry"] = "f";
    check_refused(post(server.port(), "/v1/calls", call));
    check_refused(post(server.port(), "/api/v2/execute", piston_project(config)));
    check_refused(post(server.port(), "/eval", {{"code", split_project(config)}}));
    check_refused(post(server.port(), "/v1/runs",
                       {{"language", "python"}, {"setup", split_project(config)}}));
  }
}

TEST_CASE("a project's limits within the bounds hold, and those of the operator else") {
  if (!test::has_image(kPythonRun)) return;
  const Server server(kConfig);
  for (const auto& [config, wall] : {std::pair<json, int>({{"timeout", 700}}, 700),
                                     std::pair<json, int>(json::object(), 2000)}) {
    const json result = post(server.port(), "/v1/runs", project(config)).json();
    INFO(result.dump());
    CHECK(result.at("verdict").at("status") == "time_limit");
    CHECK(result.at("limits").at("wallTime") == wall);
  }
  // A memory limit that the request did not set is cut to the bound.
  json large = project(json::object());
  large["files"]["entry.py"] = "x = bytearray(400 << 20)\nx[::4096] = b'x' * len(x[::4096])";
  const json result = post(server.port(), "/v1/runs", large).json();
  INFO(result.dump());
  CHECK(result.at("verdict").at("status") == "memory_limit");
}

TEST_CASE("the limit of eval holds for a project in its code") {
  const Server server(kConfig);
  check_refused(post(server.port(), "/eval", {{"code", split_project({{"timeout", 1001}})}}));
}

TEST_CASE("a project cannot have what its operator or its API refuses") {
  if (!test::has_image(kPythonRun)) return;
  const Server server(kConfig);
  // Piston's API has no network, not even loopback.
  json body = piston_project({{"network", "loopback"}});
  body["files"][1]["content"] =
      "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\n"
      "socket.create_connection(s.getsockname())\nprint('rea' + 'ched')";
  const auto answer = post(server.port(), "/api/v2/execute", body);
  INFO(answer.body);
  CHECK(answer.status == 200);
  CHECK(answer.body.find("reached") == std::string::npos);
}

TEST_CASE("a strict service is strict with projects too") {
  if (!test::has_image(kPythonRun)) return;
  const Server server(std::string(kConfig).insert(7, "strict = true\n"));
  // If this host can only approximate a limit, both are refused.
  const auto plain = post(server.port(), "/v1/runs", {{"language", "python"}, {"solution", "1"}});
  const auto own = post(server.port(), "/v1/runs", project({{"strict", false}}));
  INFO(plain.body + own.body);
  CHECK(own.status == plain.status);
}

TEST_CASE("each case is bounded on its own") {
  if (!test::has_image(kPythonRun)) return;
  const Server server(kConfig);
  const json result =
      post(server.port(), "/v1/runs",
           {{"language", "python"},
            {"solution", "print(input())\nif input() == 'loop':\n  while True: pass"},
            {"cases", json::array({{{"stdin", "a\nloop\n"}}, {{"stdin", "b\nend\n"}}})}})
          .json();
  INFO(result.dump());
  CHECK(result.at("cases").at(0).at("verdict").at("status") == "time_limit");
  CHECK(result.at("cases").at(1).at("stdout") == "b\n");
}

TEST_CASE("statements in a setup set no limit, and services stay refused") {
  const Server server(kConfig);
  const auto with = [&](const std::string& setup) {
    return post(server.port(), "/v1/runs",
                {{"language", "python"}, {"setup", setup}, {"solution", "while True: pass"}});
  };
  CHECK(with("# @config: services redis").status == 422);
  CHECK(with("# @config: github-repo a/b").status == 422);
  CHECK(with("# @config: solution-path ../x").status == 422);
  if (!test::has_image(kPythonRun)) return;
  const auto answer = with("# @config: timeout 99999\n# @config: memory 8G\n# @config: strict 0");
  INFO(answer.body);
  CHECK(answer.json().at("limits").at("wallTime") == 2000);
}
