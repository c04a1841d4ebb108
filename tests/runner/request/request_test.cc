#include "runner/request/request.h"

#include "catch.h"
#include "cloche/error.h"

using namespace cloche::runner;
using cloche::Error;
using cloche::ErrorKind;

namespace {

std::string problem(const std::string& json, ErrorKind kind = ErrorKind::bad_data) {
  try {
    parse_options(json, "the request");
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("the options object becomes a request") {
  const Options options = parse_options(R"({
    "language": "python", "languageVersion": 3.6, "testFramework": "cw-2", "format": "json",
    "code": 12, "solution": "ignored", "setup": null, "fixture": true, "timeout": "2500",
    "files": {"a/b.py": "x = 1"}, "entryFile": "a/*", "services": "redis,mongodb", "debug": true,
    "memory": "64M", "cpus": 0.5, "network": "none", "stdin": "in", "arguments": ["a", 1],
    "requires": ["x", "y"], "useSeparateFiles": true, "dir": "/home/codewarrior/",
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
  CHECK_THAT(problem(R"({"dir": "/etc"})"), ContainsSubstring("at /dir"));
  CHECK_THAT(problem(R"({"timeout": -1})", ErrorKind::usage), ContainsSubstring("timeout"));
  CHECK_THAT(problem(R"({"cpus": 1e999})"), ContainsSubstring("number overflow"));
}

TEST_CASE("deep JSON does not exhaust the stack") {
  CHECK_THAT(problem(std::string(1'000'000, '[')), ContainsSubstring("line 1"));
  std::string deep = "{\"x\":";
  for (int i = 0; i < 200000; ++i) deep += "[";
  for (int i = 0; i < 200000; ++i) deep += "]";
  parse_options(deep + "}", "the request");
}

TEST_CASE("a project's configuration goes over the request") {
  Request request;
  request.language = "ruby";
  request.framework = "cw-2";
  merge_options(request, R"({"testFramework": "rspec", "timeout": 99})", "config.json");
  CHECK(request.language == "ruby");
  CHECK(request.framework == "rspec");
  CHECK(request.timeout->count() == 99);
}
