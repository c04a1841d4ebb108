#include "service/log.h"

#include <unistd.h>

#include <regex>
#include <sstream>
#include <thread>

#include "catch.h"
#include "directory.h"
#include "util/fd.h"
#include "util/file.h"

using namespace cloche;
using namespace cloche::service;

namespace {

// The output of `act` on standard error.
template <typename Act>
std::string logged(const Act& act) {
  const service_test::Directory directory;
  const std::string path = directory.file("log", "");
  std::fflush(stderr);
  const UniqueFd kept(::dup(2));
  REQUIRE(std::freopen(path.c_str(), "a", stderr) != nullptr);
  act();
  std::fflush(stderr);
  REQUIRE(::dup2(kept.get(), 2) == 2);
  return read_file(path);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The line without its time, which is checked.
std::string without_time(const std::string& line) {
  static const std::regex time(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )");
  REQUIRE(std::regex_search(line, time));
  return line.substr(25);
}

std::string text_of(const nlohmann::json& value) {
  const auto lines = lines_of(logged([&] { Log(LogConfig{}).info("x", {{"v", value}}); }));
  REQUIRE(lines.size() == 1);
  const std::string line = without_time(lines[0]);
  REQUIRE(line.starts_with("info x v="));
  return line.substr(9);
}

const LogConfig kJson{LogFormat::json, LogLevel::debug, false};

}  // namespace

TEST_CASE("an event is a line of text, with its time in UTC") {
  const auto lines = lines_of(logged([] {
    Log log(LogConfig{LogFormat::text, LogLevel::debug, false});
    log.info("run finished",
             {{"id", "5f2c"}, {"language", "python"}, {"ms", 12}, {"share", 0.5}, {"cut", true}});
    log.debug("a");
    log.warning("b");
    log.error("c", {{"why", nullptr}});
  }));
  REQUIRE(lines.size() == 4);
  CHECK(without_time(lines[0]) ==
        "info run finished id=5f2c language=python ms=12 share=0.5 cut=true");
  CHECK(without_time(lines[1]) == "debug a");
  CHECK(without_time(lines[2]) == "warning b");
  CHECK(without_time(lines[3]) == "error c why=null");
  const auto now = std::time(nullptr);
  char today[16];
  std::tm utc{};
  std::strftime(today, sizeof(today), "%Y-%m-%dT", ::gmtime_r(&now, &utc));
  CHECK(lines[3].substr(0, 8) == std::string(today).substr(0, 8));
}

TEST_CASE("hostile text breaks no line of text and steers no terminal") {
  CHECK(text_of("/a-b_c:d@e+f,g") == "/a-b_c:d@e+f,g");
  CHECK(text_of("") == "\"\"");
  CHECK(text_of("two words") == "\"two words\"");
  CHECK(text_of("a=b") == "\"a=b\"");
  CHECK(text_of("a\"b\\c") == R"("a\"b\\c")");
  CHECK(text_of("a\nb\r\tc") == R"("a\nb\x0d\tc")");
  CHECK(text_of("\x1b[2J\x7f\x01") == R"("\x1b[2J\x7f\x01")");
  CHECK(text_of(std::string("a\0b", 3)) == R"("a\x00b")");
  CHECK(text_of("\xc3\xa9") == "\"\xc3\xa9\"");
  CHECK(text_of("\xc2\x9b") == R"("\xc2\x9b")");          // CSI as one character
  CHECK(text_of("\xe2\x80\xae") == R"("\xe2\x80\xae")");  // from right to left
  CHECK(text_of("\xff\xc3 \xed\xa0\x80") == R"("\xff\xc3 \xed\xa0\x80")");
  CHECK(text_of("{} {0} %v %Y") == "\"{} {0} %v %Y\"");
  CHECK(text_of("%v{}") == "%v{}");
  CHECK(text_of({"a\n\x7f\xc2\x9b\xff"}) == R"(["a\n\u007f\u009b\ufffd"])");
}

TEST_CASE("an event is an object of JSON, whatever it holds") {
  const std::string hostile = "a\"\n\x1b[2J\x7f\xc2\x9b\xff%v{}\xe2\x80\xae";
  const std::string text = logged([&] {
    Log log(kJson);
    log.info("run finished", {{"id", hostile}, {"ms", 12}, {"cut", true}});
    log.error("b");
  });
  for (const char c : text) CHECK((c == '\n' || (c >= ' ' && c < 127)));
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == 2);
  const auto first = nlohmann::json::parse(lines[0]);
  CHECK(first["level"] == "info");
  CHECK(first["event"] == "run finished");
  CHECK(first["id"] == "a\"\n\x1b[2J\x7f\xc2\x9b\xef\xbf\xbd%v{}\xe2\x80\xae");
  CHECK(first["ms"] == 12);
  CHECK(first["cut"] == true);
  CHECK(first.size() == 6);
  CHECK(std::regex_match(first["time"].get<std::string>(),
                         std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  CHECK(nlohmann::json::parse(lines[1]).size() == 3);
}

TEST_CASE("lines below the level are not logged") {
  const auto count = [](LogLevel level) {
    return lines_of(logged([&] {
             Log log(LogConfig{LogFormat::text, level, false});
             log.debug("a");
             log.info("b");
             log.warning("c");
             log.error("d");
           }))
        .size();
  };
  CHECK(count(LogLevel::debug) == 4);
  CHECK(count(LogLevel::info) == 3);
  CHECK(count(LogLevel::warning) == 2);
  CHECK(count(LogLevel::error) == 1);
}

TEST_CASE("a log says whether it wants code") {
  CHECK_FALSE(Log(LogConfig{}).with_code());
  CHECK(Log(LogConfig{LogFormat::text, LogLevel::info, true}).with_code());
}

TEST_CASE("only lines that cannot be written are lost") {
  std::fflush(stderr);
  const UniqueFd kept(::dup(2));
  REQUIRE(std::freopen("/dev/full", "a", stderr) != nullptr);
  Log log(kJson);
  for (int i = 0; i < 10; ++i) log.error("lost", {{"i", i}});
  REQUIRE(::dup2(kept.get(), 2) == 2);
  std::clearerr(stderr);
  const auto lines = lines_of(logged([&] { log.error("told"); }));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("told") != std::string::npos);
}

TEST_CASE("lines of several threads stay whole") {
  const auto lines = lines_of(logged([] {
    Log log(kJson);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&log, i] {
        for (int round = 0; round < 200; ++round)
          log.info("e", {{"text", std::string(5000, static_cast<char>('a' + i))}});
      });
    for (auto& thread : threads) thread.join();
  }));
  CHECK(lines.size() == 800);
  for (const auto& line : lines) CHECK(nlohmann::json::accept(line));
}
