// The reporter's channel, to which the tested code may write anything, and the report that results.
//
// The first byte of the input is the size of the pieces in which the rest arrives. In the rest, a
// byte 1 stands for the nonce and a space. A byte 2 begins output of the program, up to the next
// byte 2. A byte 3 begins an event with correct lengths, up to the next byte 3: its words are the
// tag, the flag, and the fields, each ended by a line break.
#include "runner/run/channel.h"

#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "runner/report/report_json.h"
#include "runner/run/collector.h"
#include "util/json_text.h"
#include "util/text.h"

using namespace cloche::runner;

namespace {

const std::string kNonce = "0123456789abcdef0123456789abcdef";
constexpr std::size_t kCharacters = 2000;

struct Heard {
  std::string out, answers, json, value;
  std::uint64_t forged = 0;
  bool full = false, broken = false;
};

Heard hear(const std::string& bytes, std::size_t piece) {
  Heard heard;
  Collector collector(
      kNonce,
      [&] {
        fuzz::demand(!heard.full, "the end of the room is told once");
        heard.full = true;
      },
      kCharacters);
  bool printing = false;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes[at] == '\2') {
      printing = !printing;
      ++at;
      continue;
    }
    const std::size_t end = std::min({bytes.size(), bytes.find('\2', at), at + piece});
    const std::string_view part = std::string_view(bytes).substr(at, end - at);
    if (printing) {
      collector.output(1, part);
    } else if (const auto answer = collector.channel(part)) {
      fuzz::demand(!heard.broken, "a dead channel is not answered");
      heard.answers += *answer;
    } else {
      heard.broken = true;
    }
    at = end;
  }
  fuzz::demand(heard.broken == collector.broken() || heard.full, "a dead channel is told");
  heard.out = collector.out;
  heard.forged = collector.forged();
  fuzz::demand(heard.forged <= 1, "nothing is read after a broken header");
  Report report;
  report.test_mode = true;
  report.out = collector.out;
  auto tree = collector.tree().finish();
  report.tests = std::move(tree.root);
  report.counts = tree.counts;
  report.forged_lines = collector.forged();
  heard.json = report_json(report);
  if (const auto& value = collector.value().json) {
    heard.value = *value;
    fuzz::demand(cloche::compact_json(*value) == *value, "a value is JSON");
  }
  return heard;
}

// An event of up to four fields, with lengths that are right.
std::string event_of(std::string_view words) {
  std::string header, fields;
  for (int i = 0; i < 6; ++i) {
    const std::size_t end = words.find('\n');
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(end == words.npos ? words.size() : end + 1);
    header += ' ';
    if (i < 2) {
      header += word;
    } else {
      header += std::to_string(word.size());
      fields += word;
    }
  }
  return kNonce + header + '\n' + fields;
}

// The bytes that the input stands for.
std::string expanded(const std::string& input) {
  std::string bytes;
  for (std::size_t at = 0; at < input.size(); ++at) {
    if (input[at] == '\1') {
      bytes += kNonce + ' ';
    } else if (input[at] == '\3') {
      const std::size_t end = std::min(input.find('\3', at + 1), input.size());
      bytes += event_of(std::string_view(input).substr(at + 1, end - at - 1));
      at = end;
    } else {
      bytes += input[at];
    }
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes = expanded(std::string(fuzz::text_of(data + 1, size - 1)));
  const Heard whole = hear(bytes, bytes.size() + 1);
  fuzz::demand(whole.out.size() <= kCharacters * 4, "output is bounded");
  fuzz::demand(whole.answers.find_first_not_of('\n') == std::string::npos, "answers are breaks");
  fuzz::demand(cloche::is_utf8(whole.json), "a report is UTF-8");
  fuzz::demand(whole.json.find('\n') == std::string::npos, "a report is one line");
  fuzz::demand(nlohmann::json::accept(whole.json), "a report is JSON");
  // The borders of pieces must not matter, except when the channel is full.
  if (whole.full) return 0;
  const Heard parts = hear(bytes, 1u + data[0]);
  fuzz::demand(parts.out == whole.out && parts.forged == whole.forged &&
                   parts.broken == whole.broken && parts.json == whole.json &&
                   parts.value == whole.value,
               "what is heard does not depend on the pieces it arrives in");
  // A broken header also discards the answers to the events of its own piece.
  fuzz::demand(parts.answers == whole.answers || whole.broken, "answers do not depend on pieces");
  return 0;
}
