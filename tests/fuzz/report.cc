// Tokens and reports made of arbitrary bytes: always UTF-8 and JSON, and nothing is lost.
#include "cloche/report.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "runner/report/clean.h"
#include "runner/report/report_json.h"
#include "runner/report/tokens.h"
#include "util/text.h"

using namespace cloche::runner;
using cloche::base64;
using cloche::is_utf8;
using nlohmann::json;

namespace {

// The JSON library's own opinion on UTF-8.
bool dumps(const std::string& text) {
  try {
    return !json(text).dump().empty();
  } catch (const json::type_error&) {
    return false;
  }
}

std::string text(FuzzedDataProvider& input) {
  return input.ConsumeRandomLengthString();
}

std::optional<int> number(FuzzedDataProvider& input) {
  if (input.ConsumeBool()) return std::nullopt;
  return input.ConsumeIntegral<int>();
}

Test test(FuzzedDataProvider& input, int depth) {
  Test node;
  node.kind = input.ConsumeBool() ? Test::Kind::group : Test::Kind::test;
  node.outcome = static_cast<Test::Outcome>(input.ConsumeIntegralInRange(0, 4));
  node.name = text(input);
  if (input.ConsumeBool()) node.milliseconds = input.ConsumeFloatingPoint<double>();
  node.assertions.push_back({node.outcome, text(input)});
  node.logs.push_back({text(input), text(input), text(input), text(input)});
  if (depth > 0 && input.ConsumeBool()) node.children.push_back(test(input, depth - 1));
  return node;
}

void check_token(FuzzedDataProvider& input) {
  Event event;
  event.tag = input.ConsumeBool() ? Tag::passed : Tag::log;
  event.text = text(input);
  event.mode = text(input);
  event.label = text(input);
  event.lead = input.ConsumeBool();
  const std::string token = render_token(event);
  const std::size_t start = event.lead ? 1 : 0;
  fuzz::demand(token.find('\n', start) == token.size() - 1, "a token is one line");
  const std::string begin = "<" + std::string(name_of(event.tag)) + ":";
  fuzz::demand(token.compare(start, begin.size(), begin) == 0, "a token begins with its tag");
}

std::string stream_of(const json& report, const std::string& name) {
  const auto encoded = report.find(name + "Base64");
  return encoded == report.end() ? report[name].get<std::string>() : encoded->get<std::string>();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  check_token(input);
  Report report;
  report.verdict = static_cast<Verdict>(input.ConsumeIntegralInRange(0, 14));
  report.reason = text(input);
  report.version = text(input);
  report.compilation_failure = input.ConsumeBool();
  report.exit_code = number(input);
  report.signal = number(input);
  report.test_mode = input.ConsumeBool();
  if (report.test_mode) report.tests = test(input, 8);
  report.step_ran = true;
  report.result.wall_time = std::chrono::nanoseconds(input.ConsumeIntegral<std::int64_t>());
  report.phases.emplace_back(text(input), std::chrono::nanoseconds(1));
  report.err = text(input);
  report.out = input.ConsumeRemainingBytesAsString();

  const std::string line = report_json(report);
  fuzz::demand(is_utf8(line), "a report is UTF-8");
  fuzz::demand(line.find('\n') == std::string::npos, "a report is one line");
  fuzz::demand(json::accept(line), "a report is JSON");
  // Control characters that XML 1.0 forbids, and markup that text could forge.
  const std::string junit = render(report, Format::junit).out;
  fuzz::demand(is_utf8(junit), "JUnit XML is UTF-8");
  for (const unsigned char byte : junit)
    fuzz::demand(byte >= 0x20 || byte == '\n' || byte == '\t', "XML allows the character");
  fuzz::demand(is_utf8(render(report, Format::tap).out), "TAP is UTF-8");
  const json read = json::parse(line);
  for (const auto& [name, bytes] :
       {std::pair<std::string, const std::string&>("stdout", report.out),
        std::pair<std::string, const std::string&>("stderr", report.err)}) {
    fuzz::demand(is_utf8(bytes) == dumps(bytes), "UTF-8 is what others hold to be UTF-8");
    fuzz::demand(stream_of(read, name) == (is_utf8(bytes) ? bytes : base64(bytes)),
                 "no byte of the output is lost");
  }
  static const std::vector<CleanRule> rules = {{"(?m)^\\s+at (.*):(\\d+)$", "$1"},
                                               {"(a|aa)+b", "$&$$"}};
  fuzz::demand(clean(report.out, rules).size() <= report.out.size() * 3, "cleaning is bounded");
  return 0;
}
