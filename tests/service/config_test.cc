#include "service/config.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "catch.h"
#include "cloche/error.h"
#include "directory.h"
#include "util/file.h"
#include "util/paths.h"

using namespace cloche;
using namespace cloche::service;
using namespace std::chrono_literals;
using service_test::complaint;

namespace {

std::string refusal(const std::string& toml) {
  return complaint([&] { parse_config(toml, "cloche.toml"); });
}

// The document that sets one key.
std::string document(const std::string& key, const std::string& value) {
  const auto dot = key.find('.');
  if (dot == key.npos) return key + " = " + value + "\n";
  return "[" + key.substr(0, dot) + "]\n" + key.substr(dot + 1) + " = " + value + "\n";
}

// For each key a value that is not its default.
const std::map<std::string, std::string> kOthers = {
    {"listen", "['[::1]:80', 'unix:/run/cloche']"},
    {"playground", "false"},
    {"drain_time", "'1m'"},
    {"tls.certificate", "'/a'"},
    {"tls.key", "'/b'"},
    {"auth.mode", "'tokens'"},
    {"auth.tokens", "'/c'"},
    {"auth.url", "'http://users'"},
    {"auth.timeout", "'1s'"},
    {"auth.cache", "0"},
    {"limits.rate", "0.5"},
    {"limits.burst", "1"},
    {"limits.concurrent", "7"},
    {"runs.cores", "3"},
    {"runs.memory", "'3G'"},
    {"runs.queue", "0"},
    {"runs.queue_time", "1.5"},
    {"runs.timeout_max", "'5s'"},
    {"runs.compile_timeout_max", "'6s'"},
    {"runs.memory_max", "'1.5G'"},
    {"runs.output", "65536"},
    {"runs.strict", "true"},
    {"eval.language", "'ruby'"},
    {"eval.version", "'3.9'"},
    {"eval.timeout", "'7s'"},
    {"http.body", "'8M'"},
    {"http.header", "'8K'"},
    {"http.connections", "9"},
    {"http.header_time", "'11s'"},
    {"http.body_time", "'11s'"},
    {"http.idle_time", "'11s'"},
    {"http.write_time", "'11s'"},
    {"piston.enabled", "false"},
    {"piston.run_timeout", "'11s'"},
    {"piston.compile_timeout", "'11s'"},
    {"log.format", "'json'"},
    {"log.level", "'debug'"},
    {"log.code", "true"},
};

}  // namespace

TEST_CASE("an empty configuration is the default one") {
  CHECK(parse_config("", "x") == ServiceConfig{});
  CHECK(parse_config("[runs]\n[log]\n# nothing\n", "x") == ServiceConfig{});
}

TEST_CASE("the configuration that is shipped has every key with its default") {
  const std::string shipped = read_file(data_path("host/cloche.toml"));
  CHECK(parse_config(shipped, "host/cloche.toml") == ServiceConfig{});
  std::vector<std::string> keys;
  std::istringstream lines(shipped);
  std::string line, section;
  while (std::getline(lines, line)) {
    if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1) + ".";
    if (line.empty() || line.starts_with('#') || line.starts_with('[')) continue;
    keys.push_back(section + line.substr(0, line.find(' ')));
  }
  CHECK(keys == config_keys());
}

TEST_CASE("the documentation has every key, with its range and default") {
  std::istringstream lines(read_file(data_path("docs/service.md")));
  std::vector<std::string> keys;
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with("| `")) continue;
    // Empty, key, meaning, range, default.
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) {
      const auto first = cell.find_first_not_of(" `");
      cells.push_back(first == cell.npos ? "" : cell.substr(first));
      cells.back().resize(cells.back().find_last_not_of(" `") + 1);
    }
    CAPTURE(line);
    REQUIRE(cells.size() == 5);
    keys.push_back(cells[1]);
    CHECK(parse_config(document(cells[1], cells[4]), "x") == ServiceConfig{});
    const auto from = cells[3].rfind(", or ");
    const std::string range = cells[3].substr(from == cells[3].npos ? 0 : from + 5);
    if (!range.empty())
      CHECK_THAT(refusal(document(cells[1], "[]")), ContainsSubstring(" from " + range));
    else
      CHECK(refusal(document(cells[1], "1")).find(" from ") == std::string::npos);
  }
  CHECK(keys == config_keys());
}

TEST_CASE("every key is read, into a place of its own") {
  std::vector<ServiceConfig> seen = {ServiceConfig{}};
  const auto keys = config_keys();
  CHECK(keys.size() == kOthers.size());
  for (const std::string& key : keys) {
    CAPTURE(key);
    REQUIRE(kOthers.contains(key));
    const ServiceConfig config = parse_config(document(key, kOthers.at(key)), "x");
    CHECK(std::find(seen.begin(), seen.end(), config) == seen.end());
    seen.push_back(config);
  }
}

TEST_CASE("every key refuses what is of another type, with its place") {
  for (const std::string& key : config_keys()) {
    CAPTURE(key);
    for (const char* const value : {"1979-05-27", "[1]", "{a = 1}", "nan", "-1", "'\\x00'"}) {
      const std::string text = document(key, value);
      // These keys are texts, and some accept any text.
      if (std::string(value) == "'\\x00'" && kOthers.at(key).starts_with("'/")) continue;
      const std::string told = refusal(text);
      CAPTURE(value, told);
      if (told == "nothing was thrown") {
        CHECK((key == "auth.url" || key == "eval.language" || key == "eval.version"));
        continue;
      }
      const auto column = std::to_string(key.substr(key.find('.') + 1).size() + 4);
      const std::string line = key.find('.') == key.npos ? "1" : "2";
      CHECK_THAT(told, ContainsSubstring("read cloche.toml: line " + line + ", column "));
      CHECK_THAT(told, ContainsSubstring(key));
      CHECK_THAT(told, ContainsSubstring(" is wanted"));
      if (std::string(value) != "[1]")
        CHECK_THAT(told, ContainsSubstring("column " + column + ": "));
    }
  }
}

TEST_CASE("sizes and times have units") {
  const ServiceConfig config = parse_config(
      "drain_time = 2\n[runs]\nmemory = '4G'\nqueue_time = '500ms'\noutput = 2048\n"
      "timeout_max = '2m'\n[auth]\ncache = '0.4ms'\n[http]\nheader_time = 0.25\n",
      "x");
  CHECK(config.drain_time == 2s);
  CHECK(config.runs.memory_bytes == 4ull << 30);
  CHECK(config.runs.queue_time == 500ms);
  CHECK(config.runs.output_bytes == 2048);
  CHECK(config.runs.timeout_max == 2min);
  CHECK(config.auth.cache == 1ms);  // a small value must not become 0
  CHECK(config.http.header_time == 250ms);
}

TEST_CASE("a value out of range is reported with the range") {
  CHECK(refusal("[runs]\nqueue = 100001\n") ==
        "read cloche.toml: line 2, column 9: runs.queue is 100001, but a whole number from 0 to "
        "100000 is wanted");
  CHECK(refusal("\n\n[runs]\n  memory = '1M' # little\n") ==
        "read cloche.toml: line 4, column 12: runs.memory is \"1M\", but 0 or a size from 16M to "
        "64T, such as 64K or 1.5G, is wanted");
  CHECK(refusal("drain_time = '2h'") ==
        "read cloche.toml: line 1, column 14: drain_time is \"2h\", but a time from 0s to 1h, such "
        "as 500ms, 30s or 2m, is wanted");
  CHECK(refusal("limits = { rate = 1e7 }") ==
        "read cloche.toml: line 1, column 19: limits.rate is this number, but a number from 0 to "
        "1000000 is wanted");
  CHECK(refusal("[log]\nlevel = 'loud'") ==
        "read cloche.toml: line 2, column 9: log.level is \"loud\", but \"debug\", \"info\", "
        "\"warning\" or \"error\" is wanted");
  CHECK_THAT(refusal("[http]\nbody = 9223372036854775807"), ContainsSubstring("from 1K to 1G"));
  CHECK_THAT(refusal("drain_time = inf"), ContainsSubstring("from 0s to 1h"));
  CHECK_THAT(refusal("[runs]\nqueue_time = 0"), ContainsSubstring("from 1ms to 1h"));
}

TEST_CASE("an unknown key is told with the nearest known one") {
  CHECK(refusal("[runs]\nqueue = 5\nqueue_tme = '1s'\n") ==
        "read cloche.toml: line 3, column 1: unknown key \"runs.queue_tme\" (the nearest known is "
        "runs.queue_time)");
  CHECK_THAT(refusal("queue = 5"), ContainsSubstring("(the nearest known is runs.queue)"));
  CHECK_THAT(refusal("[log]\nlistn = ['a']"), ContainsSubstring("nearest known is listen)"));
  // The same key name in another section counts as more distant.
  CHECK_THAT(refusal("[eval]\ntimeot = 5"), ContainsSubstring("nearest known is eval.timeout)"));
  CHECK_THAT(refusal("[rusn]\nqueue = 5"),
             ContainsSubstring("unknown section \"rusn\" (the nearest known is [runs])"));
  CHECK_THAT(refusal("runs.queue.x = 1"), ContainsSubstring("runs.queue is a table"));
  CHECK_THAT(refusal(std::string(100'000, 'a') + " = 1"), ContainsSubstring("unknown key"));
}

TEST_CASE("invalid TOML is reported with its place") {
  CHECK_THAT(refusal("a = 1\nb = \n"), ContainsSubstring("read cloche.toml: line 2, column "));
  CHECK_THAT(refusal("drain_time = 1\ndrain_time = 2\n"), ContainsSubstring("line 2, column "));
  CHECK_THAT(refusal("\n[$runs]\n"), ContainsSubstring("line 2, column 2: "));
  CHECK_THAT(refusal("[\x01]"), ContainsSubstring("line 1, column 2: "));
  CHECK_THAT(refusal("[[runs]]\nqueue = 1\n"),
             ContainsSubstring("runs is a section: write [runs], once"));
  CHECK_THAT(refusal("runs = 3"), ContainsSubstring("line 1, column 8: runs is a section"));
  CHECK_THAT(refusal("eval = { language = \"\xff\" }"), ContainsSubstring("line 1, column "));
  CHECK_THAT(refusal("x = " + std::string(100'000, '[')), ContainsSubstring("line 1, column "));
}

TEST_CASE("an address that is none is refused where it stands") {
  CHECK(refusal("listen = ['127.0.0.1:80',\n  'localhost']") ==
        "read cloche.toml: line 2, column 3: listen is \"localhost\", but HOST:PORT, [IPV6]:PORT "
        "or unix:/PATH is wanted");
  CHECK(parse_config("listen = []", "x").listen.empty());
}

TEST_CASE("letters beyond ASCII are for texts and comments") {
  const std::string e = "\xc3\xa9";
  for (const std::string& stray : {"cl" + e + " = 1", "#" + e + "\ncl" + e, "[x" + e + "]",
                                   "a='''" + e + "'''" + e, "a=\"\"\"\n\"" + e + "\"\"\"\"\"" + e,
                                   "a=\"\\\"\"" + e, "a='\\'" + e, "a=\"\"" + e, "a='x\n" + e}) {
    CAPTURE(stray);
    CHECK_THAT(refusal(stray), ContainsSubstring("read cloche.toml: line "));
  }
  CHECK_THAT(refusal("#" + e + "\n'" + e + "'=1 " + e), ContainsSubstring("line 2, column 7: "));
  const auto language = [&](const std::string& value) {
    return parse_config("\xef\xbb\xbf# " + e + "\neval.language = " + value + " # " + e, "x")
        .eval.language;
  };
  CHECK(language("'" + e + "'") == e);
  CHECK(language("\"\\\"" + e + "\"") == "\"" + e);
  CHECK(language("'''''" + e + "\n'''''") == "''" + e + "\n''");
  CHECK(language("\"\"\"" + e + "\\\n" + e + "\"\"\"\"") == e + e + "\"");
  CHECK(language("\"\"").empty());
}
