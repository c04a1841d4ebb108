// `cloche call`, and `cloche run --cases`, through real sandboxes and images.
#include <nlohmann/json.hpp>

#include "../image/fixture.h"
#include "catch.h"
#include "program.h"

using Json = nlohmann::json;
using cloche::image::test::Directory;
using cloche::image::test::write;

namespace {

Ended call(std::vector<std::string> options) {
  options.insert(options.begin(), {"call", "-l", "python"});
  return run_cloche(options);
}

}  // namespace

TEST_CASE("a call prints its value as a line, and all else elsewhere") {
  const Ended ended = call({"-c", "def add(a, b):\n  print('sum')\n  return a + b", "--entry",
                            "add", "--args", "[1, 123456789012345678901234567890]"});
  CHECK(ended.out == "123456789012345678901234567891\n");
  CHECK(ended.err == "sum\n");
  CHECK(ended.status == 0);
}

TEST_CASE("a call without a value says why, and by its status") {
  Ended ended = call({"-c", "def f(): return {1}", "-e", "f"});
  CHECK(ended.out == "");
  CHECK_THAT(ended.err, ContainsSubstring("Error: its value cannot be written as JSON"));
  CHECK(ended.status == 20);
  ended = call({"-c", "def f(): raise ValueError('no')", "-e", "f"});
  CHECK(ended.out == "");
  CHECK_THAT(ended.err, ContainsSubstring("ValueError: no"));
  CHECK(ended.status == 11);
  CHECK(call({"-c", "while True: pass", "-e", "f", "--timeout", "300"}).status == 13);
  CHECK(call({"-c", "while True: pass", "-e", "f", "--cpu-time", "300"}).status == 13);
}

TEST_CASE("a call can be given as a request, which options override") {
  const std::string request =
      R"({"language": "python", "code": "def f(*a): return a",
          "call": {"entry": "f", "args": [1.10, 18446744073709551616]}})";
  CHECK(run_cloche({"call", "--request", "-"}, request).out == "[1.1,18446744073709551616]\n");
  CHECK(run_cloche({"call", "--request", "-", "--args", "[2]"}, request).out == "[2]\n");
  const Ended ended = run_cloche({"run", "--request", "-", "--format", "json"}, request);
  CHECK(Json::parse(ended.out).at("value").at(0) == 1.1);
  CHECK_THAT(ended.out, ContainsSubstring(",18446744073709551616]}"));
}

TEST_CASE("a call that makes no sense is a mistake in usage") {
  const auto refused = [](const Ended& ended, const char* why) {
    CHECK(ended.status == 64);
    CHECK(ended.out == "");
    CHECK_THAT(ended.err, ContainsSubstring(why));
  };
  refused(call({"-c", "x"}), "name it with --entry");
  refused(call({"-c", "x", "-e", "f", "--args", "1"}), "no JSON array or object");
  refused(call({"-c", "x", "-e", "f", "--cases", "x"}), "--cases");
  refused(run_cloche({"call", "-l", "c", "-c", "x", "-e", "f"}), "Calls are not supported in C");
}

TEST_CASE("many cases are run and told one by one") {
  const Directory directory;
  const std::string file = directory / "cases";
  write(file,
        "{\"stdin\": \"1\", \"expected\": \"2\"}\n{\"stdin\": \"2\", \"expected\": \"5\"}\n"
        "{\"stdin\": \"3\", \"arguments\": [\"x\"]}\n");
  std::vector<std::string> command = {
      "run",     "-l", "python", "-c", "import sys; print(int(input()) * 2, *sys.argv[1:])",
      "--cases", file};
  Ended ended = run_cloche(command);
  CHECK_THAT(ended.out, Catch::Matchers::StartsWith("case 1: ok, "));
  CHECK_THAT(ended.out, ContainsSubstring(" ms\n2\ncase 2: wrong_output, "));
  CHECK_THAT(ended.out, ContainsSubstring(
                            " ms: line 1 of its output is not what was expected\n4\ncase 3: ok, "));
  CHECK_THAT(ended.out, Catch::Matchers::EndsWith("\n6 x\n"));
  CHECK(ended.status == 0);

  command.push_back("--check");
  CHECK(run_cloche(command).status == 19);
  command.insert(command.end(), {"--format", "pretty"});
  ended = run_cloche(command);
  CHECK_THAT(ended.out, ContainsSubstring("✓ case 1 ("));
  CHECK_THAT(ended.out, ContainsSubstring("✗ case 2 ("));
  CHECK_THAT(ended.out, ContainsSubstring("\n  | 4\n✓ case 3 ("));
  CHECK_THAT(ended.out, ContainsSubstring("✗ 1 of 3 cases failed; case 2: line 1"));
  command.back() = "json";
  const Json report = Json::parse(run_cloche(command).out);
  REQUIRE(report.at("cases").size() == 3);
  CHECK(report["verdict"]["status"] == "wrong_output");
  CHECK(report["cases"][1]["verdict"]["status"] == "wrong_output");
  CHECK(report["cases"][2]["stdout"] == "6 x\n");
  CHECK(report["cases"][2]["compared"] == false);
  CHECK(report["cases"][0]["exitCode"] == 0);
  CHECK(report["cases"][0]["usage"].contains("peakMemory"));
}

TEST_CASE("cases that cannot be read are told with their place") {
  const Directory directory;
  const std::string file = directory / "cases";
  const auto run = [&](const std::string& text) {
    write(file, text);
    return run_cloche({"run", "-l", "python", "-c", "1", "--cases", file});
  };
  CHECK(run("{}\n{").status == 65);
  CHECK_THAT(run("{}\n{").err, ContainsSubstring("line 2"));
  CHECK(run("[{\"stdn\": 1}]").status == 65);
  CHECK(run("").status == 65);
  CHECK(run_cloche({"run", "-l", "python", "-c", "1", "--cases", directory / "none"}).status == 66);
  CHECK(run_cloche({"run", "-l", "python", "-c", "1", "--cases", "-", "--stdin"}).status == 64);
}

TEST_CASE("the compiler's messages are in the result even if compiling succeeded") {
  const Ended ended = run_cloche({"run", "-l", "c", "-c", "int main(void) { return 1 / 0 > 5; }",
                                  "--format", "json", "--compile-timeout", "20000"});
  const Json report = Json::parse(ended.out);
  REQUIRE(report.at("compile").size() == 1);
  CHECK_THAT(report["compile"][0]["stderr"].get<std::string>(),
             ContainsSubstring("division by zero"));
  CHECK(report["compile"][0]["status"] == "ok");
}

TEST_CASE("languages say whether they have calls") {
  const Json languages = Json::parse(run_cloche({"languages", "--json"}).out);
  for (const Json& language : languages)
    CHECK(language.at("calls") ==
          (language["language"] == "python" || language["language"] == "javascript" ||
           language["language"] == "ruby" || language["language"] == "lua"));
}
