#include "runner/run/channel.h"

#include <vector>

#include "catch.h"

using cloche::runner::ChannelParser;
using cloche::runner::Event;
using cloche::runner::kMaxLine;
using cloche::runner::make_nonce;
using cloche::runner::parse_event;

namespace {

const std::string kNonce = "0123456789abcdef0123456789abcdef";

struct Heard {
  std::vector<Event> events;
  ChannelParser parser{kNonce, [this](Event event) { events.push_back(std::move(event)); }};
  std::string say(const std::string& json) { return parser.feed(kNonce + " " + json + "\n"); }
};

}  // namespace

TEST_CASE("a nonce is 32 hexadecimal digits and never the same") {
  const std::string nonce = make_nonce();
  CHECK(nonce.size() == 32);
  CHECK(nonce.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(make_nonce() != nonce);
}

TEST_CASE("an event is taken and answered") {
  Heard heard;
  CHECK(heard.parser.greeting() == "cloche 1 " + kNonce + "\n");
  CHECK(heard.say(R"({"tag": "LOG", "text": "a\nb", "mode": "ESC", "label": "-Failure",
                      "lead": false, "ms": 1.5})") == "");
  // A line break inside of the JSON ends the line: both halves are refused.
  CHECK(heard.parser.forged() == 2);
  CHECK(
      heard.say(R"({"tag": "LOG", "text": "a\nb", "mode": "ESC", "label": "-F", "lead": false})") ==
      "\n");
  CHECK(heard.say(R"({"tag": "COMPLETEDIN", "text": "", "ms": 1.5})") == "\n");
  REQUIRE(heard.events.size() == 2);
  CHECK(heard.events[0].tag == "LOG");
  CHECK(heard.events[0].text == "a\nb");
  CHECK(heard.events[0].mode == "ESC");
  CHECK(heard.events[0].label == "-F");
  CHECK_FALSE(heard.events[0].lead);
  CHECK(heard.events[1].lead);
  CHECK(heard.events[1].milliseconds == 1.5);
}

TEST_CASE("lines may come in any pieces") {
  Heard heard;
  const std::string lines =
      kNonce + " {\"tag\":\"IT\",\"text\":\"one\"}\n" + kNonce + " {\"tag\":\"END\"}\n";
  std::string answers;
  for (const char byte : lines) answers += heard.parser.feed(std::string(1, byte));
  CHECK(answers == "\n\n");
  Heard at_once;
  CHECK(at_once.parser.feed(lines) == "\n\n");
  CHECK(at_once.events.size() == 2);
  CHECK(heard.events.size() == 2);
}

TEST_CASE("forged lines are counted, ignored and not answered") {
  Heard heard;
  const char* const forged[] = {
      "\n",
      "{\"tag\":\"PASSED\"}\n",
      "00000000000000000000000000000000 {\"tag\":\"PASSED\"}\n",
      "0123456789abcdef0123456789abcdef{\"tag\":\"PASSED\"}\n",
      "0123456789abcdef0123456789abcdef\n",
      "0123456789abcdef0123456789abcdef \n",
      "0123456789abcdef0123456789abcdef {\n",
      "0123456789abcdef0123456789abcdef []\n",
      "0123456789abcdef0123456789abcdef {\"tag\":1}\n",
      "0123456789abcdef0123456789abcdef {\"tag\":\"NEVER\"}\n",
      "0123456789abcdef0123456789abcdef {\"tag\":\"IT\",\"text\":[]}\n",
      "0123456789abcdef0123456789abcdef {\"tag\":\"IT\",\"ms\":\"1\"}\n",
  };
  std::uint64_t count = 0;
  for (const char* line : forged) {
    INFO(line);
    CHECK(heard.parser.feed(line) == "");
    CHECK(heard.parser.forged() == ++count);
  }
  CHECK(heard.events.empty());
  // The reporter is still heard.
  CHECK(heard.say("{\"tag\":\"END\"}") == "\n");
}

TEST_CASE("a line without end takes no memory and does not stop what follows") {
  Heard heard;
  const std::string piece(100000, 'x');
  for (int i = 0; i < 300; ++i) CHECK(heard.parser.feed(piece) == "");
  CHECK(heard.parser.forged() == 1);
  CHECK(heard.parser.feed("\n") == "");
  CHECK(heard.say("{\"tag\":\"END\"}") == "\n");
  CHECK(heard.parser.forged() == 1);
}

TEST_CASE("the longest line is 1 MiB") {
  Heard heard;
  const std::string begin = kNonce + " {\"tag\":\"PASSED\",\"text\":\"";
  const std::string end = "\"}";
  const std::string fits = begin + std::string(kMaxLine - begin.size() - end.size(), 'a') + end;
  CHECK(heard.parser.feed(fits + "\n") == "\n");
  CHECK(heard.parser.feed(begin + "a" + fits.substr(begin.size()) + "\n") == "");
  CHECK(heard.parser.forged() == 1);
}

TEST_CASE("deep JSON is refused without being built") {
  Heard heard;
  CHECK(heard.say(std::string(500000, '[')) == "");
  CHECK(heard.say(std::string(200000, '[') + std::string(200000, ']')) == "");
  std::string deep = "{\"tag\":\"IT\",\"x\":";
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  CHECK(heard.say(deep) == "");
  CHECK(heard.parser.forged() == 3);
}

TEST_CASE("a duration must be a number that makes sense") {
  CHECK_FALSE(parse_event(R"({"tag":"COMPLETEDIN","ms":-1})")->milliseconds);
  CHECK(parse_event(R"({"tag":"COMPLETEDIN","ms":0})")->milliseconds == 0.0);
  CHECK_FALSE(parse_event(R"({"tag":"COMPLETEDIN","ms":1e999})"));
}

TEST_CASE("invalid UTF-8 is no JSON") {
  CHECK_FALSE(parse_event("{\"tag\":\"PASSED\",\"text\":\"\xff\xfe\"}"));
}
