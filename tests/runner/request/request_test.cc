#include "runner/request/request.h"

#include <algorithm>

#include "catch.h"
#include "cloche/error.h"
#include "util/file.h"
#include "util/json_node.h"
#include "util/paths.h"

using namespace cloche::runner;
using cloche::Error;
using cloche::ErrorKind;

namespace {

std::string problem(const std::string& json, ErrorKind kind = ErrorKind::bad_data) {
  try {
    parse_request_document(json, "the request");
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("the options object becomes a request") {
  const RequestDocument options = parse_request_document(R"({
    "language": "python", "languageVersion": 3.6, "testFramework": "cw-2", "format": "json",
    "code": 12, "solution": "ignored", "setup": null, "fixture": true, "timeout": "2500",
    "files": {"a/b.py": "x = 1"}, "entryFile": "a/*", "services": "redis,mongodb", "debug": true,
    "memory": "64M", "cpus": 0.5, "network": "none", "stdin": "in", "arguments": ["a", 1],
    "requires": ["x", "y"], "useSeparateFiles": true, "compat": "codewars", "dir": "/home/codewarrior/",
    "theme": {"not": "ours"}})",
                                                         "the request");
  const Request& request = options.request;
  CHECK(options.format == "json");
  CHECK(options.debug);
  CHECK(request.language == "python");
  CHECK(request.version == "3.6");
  CHECK(request.framework == "cw-2");
  CHECK(request.solution == "12");
  CHECK(request.setup == "");
  CHECK(request.fixture == "true");
  CHECK(request.timeout->count() == 2500);
  CHECK(request.files.at("a/b.py") == "x = 1");
  CHECK(request.entry_file == "a/*");
  CHECK(request.services == std::vector<std::string>{"redis", "mongodb"});
  CHECK(request.memory_bytes == 64u << 20);
  CHECK(request.cpus == 0.5);
  CHECK(request.compat == Compat::codewars);
  CHECK(request.network == cloche::Network::none);
  CHECK(request.stdin_data == "in");
  CHECK(request.arguments == std::vector<std::string>{"a", "1"});
  CHECK(request.options.at("requires") == std::vector<std::string>{"x", "y"});
  CHECK(request.options.at("useSeparateFiles") == std::vector<std::string>{"true"});
}

TEST_CASE("code may hold any character") {
  const auto request = parse_request("{\"language\":\"c\",\"code\":\"a\\u0000b\\ud83d\\ude00\"}");
  CHECK(request.solution == std::string("a\0b\xf0\x9f\x98\x80", 7));
}

TEST_CASE("zero and nothing are no limit") {
  const auto request = parse_request(R"({"timeout": 0, "memory": "", "cpus": null})");
  CHECK_FALSE(request.timeout);
  CHECK_FALSE(request.memory_bytes);
  CHECK_FALSE(request.cpus);
}

TEST_CASE("broken JSON is told with line and column") {
  CHECK_THAT(problem("{\n  \"language\": \"c\",\n  \"code\" \"x\"}"),
             ContainsSubstring("parse the request: line 3, column 12"));
  CHECK_THAT(problem(""), ContainsSubstring("line 1, column 1"));
  CHECK_THAT(problem("{\"a\": \"\xff\"}"), ContainsSubstring("line 1, column 8"));
  CHECK_THAT(problem("{"), ContainsSubstring("line 1, column"));
}

TEST_CASE("values of the wrong kind are told with their place") {
  CHECK_THAT(problem("[]"), ContainsSubstring("at the top: an object is wanted, not an array"));
  CHECK_THAT(problem(R"({"language": []})"), ContainsSubstring("at /language"));
  CHECK_THAT(problem(R"({"files": []})"), ContainsSubstring("at /files"));
  CHECK_THAT(problem(R"({"files": {"x": {}}})"), ContainsSubstring("at /files/x"));
  CHECK_THAT(problem(R"({"network": "host"})"), ContainsSubstring("at /network"));
  CHECK_THAT(problem(R"({"compat": "piston"})"), ContainsSubstring("at /compat"));
  CHECK_THAT(problem(R"({"dir": "/etc"})"), ContainsSubstring("at /dir"));
  CHECK_THAT(problem(R"({"timeout": -1})", ErrorKind::usage), ContainsSubstring("timeout"));
  CHECK_THAT(problem(R"({"cpus": 1e999})"), ContainsSubstring("number overflow"));
}

TEST_CASE("deep JSON does not exhaust the stack") {
  CHECK_THAT(problem(std::string(1'000'000, '[')), ContainsSubstring("line 1"));
  std::string deep = "{\"x\":";
  for (int i = 0; i < 200000; ++i) deep += "[";
  for (int i = 0; i < 200000; ++i) deep += "]";
  CHECK_THAT(problem(deep + "}"), ContainsSubstring("nested more than"));
}

TEST_CASE("JSON may be nested 64 deep, the arguments of a call 500") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK_NOTHROW(cloche::parse_json(nested(64), "it"));
  for (const std::string& deep : {nested(65), "\n " + nested(1'000'000), std::string(65, '['),
                                  "[\"\\\"]\"," + nested(64) + "]"})
    CHECK_THROWS_AS(cloche::parse_json(deep, "it"), Error);
  // Brackets inside a string do not count as nesting.
  CHECK_NOTHROW(cloche::parse_json("[\"" + std::string(100, '[') + "\\\"{\"]", "it"));
  try {
    cloche::parse_json("[\n " + nested(64) + "]", "it");
    FAIL();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::bad_data);
    CHECK_THAT(error.what(), ContainsSubstring("line 2, column 65"));
  }
  const std::string call = R"({"call": {"entry": "f", "args": )" + nested(500) + "}}";
  CHECK(parse_request(call).call->arguments == nested(500));
  CHECK_THAT(problem(R"({"call": {"entry": "f", "args": )" + nested(501) + "}}"),
             ContainsSubstring("nested more than"));
  Request request;
  CHECK_THROWS_AS(merge_request(request, "{\"a\":" + nested(600) + "}", "config.json"), Error);
}

TEST_CASE("every key of a request is described for callers of the command and of the service") {
  const std::string guide = cloche::read_file(cloche::data_path("docs/running.md"));
  const cloche::Json api =
      cloche::parse_json(cloche::read_file(cloche::data_path("service/openapi.json")), "it");
  const cloche::Json& described =
      api.at("components").at("schemas").at("RunRequest").at("properties");
  const std::vector<std::string> keys = request_keys();
  CHECK(keys.size() > 30);
  const std::string table = guide.substr(guide.find("## The options object"));
  for (const std::string& key : keys) {
    INFO(key);
    CHECK_THAT(table, ContainsSubstring("`" + key + "`"));
    CHECK(described.contains(key));
  }
  for (const auto& [key, schema] : described.items()) {
    INFO(key);
    CHECK(std::find(keys.begin(), keys.end(), key) != keys.end());
  }
}

TEST_CASE("the code wins over the solution and a call keeps its text, wherever they stand") {
  CHECK(parse_request(R"({"code": "a", "solution": "b"})").solution == "a");
  CHECK(parse_request(R"({"solution": "b", "code": null})").solution == "b");
  CHECK(parse_request(R"({"testFramework": "a", "test-framework": "b"})").framework == "b");
  CHECK(parse_request(R"({"test-framework": "b", "testFramework": "a"})").framework == "a");
  CHECK(parse_request(R"({"call": {"entry": "f", "args": [1.50]}})").call->arguments == "[1.50]");
}

TEST_CASE("a project's configuration goes over the request") {
  Request request;
  request.language = "ruby";
  request.framework = "cw-2";
  merge_request(request, R"({"testFramework": "rspec", "timeout": 99})", "config.json");
  CHECK(request.language == "ruby");
  CHECK(request.framework == "rspec");
  CHECK(request.timeout->count() == 99);
}
