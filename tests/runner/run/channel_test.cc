#include "runner/run/channel.h"

#include <vector>

#include "catch.h"
#include "util/utf8.h"

using namespace cloche::runner;

namespace {

const std::string kNonce = "0123456789abcdef0123456789abcdef";

// An event as a reporter writes it.
std::string wire(const std::string& tag, const std::string& text = "", const std::string& mode = "",
                 const std::string& label = "", const std::string& ms = "", bool lead = true) {
  std::string header = kNonce + " " + tag + (lead ? " 1" : " 0");
  for (const std::string* field : {&text, &mode, &label, &ms})
    header += " " + std::to_string(field->size());
  return header + "\n" + text + mode + label + ms;
}

struct Heard {
  std::vector<Event> events;
  ChannelParser parser{kNonce, [this](Event event) { events.push_back(std::move(event)); }};
};

}  // namespace

TEST_CASE("a nonce is 32 hexadecimal digits and never the same") {
  const std::string nonce = make_nonce();
  CHECK(nonce.size() == 32);
  CHECK(nonce.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(make_nonce() != nonce);
}

TEST_CASE("the greeting of a warm start brings the arguments and the environment") {
  Heard heard;
  CHECK(heard.parser.greeting({"one", "", "t wo"}, {"A=1"}) ==
        "cloche 2 " + kNonce + " 3 1 14\n" + std::string("one\0\0t wo\0A=1\0", 14));
  CHECK(heard.parser.greeting({}, {}) == "cloche 2 " + kNonce + " 0 0 0\n");
}

TEST_CASE("an event is taken and answered") {
  Heard heard;
  CHECK(heard.parser.greeting() == "cloche 2 " + kNonce + "\n");
  CHECK(heard.parser.feed(wire("LOG", "a\nb \xc3\xa9", "ESC", "-F", "1.5", false)) == "\n");
  CHECK(heard.parser.feed(wire("IT") + wire("END")) == "\n\n");
  REQUIRE(heard.events.size() == 3);
  const Event& log = heard.events[0];
  CHECK(log.tag == Tag::log);
  CHECK(log.text == "a\nb \xc3\xa9");
  CHECK(log.mode == "ESC");
  CHECK(log.label == "-F");
  CHECK_FALSE(log.lead);
  CHECK(log.milliseconds == 1.5);
  CHECK_FALSE(log.cut);
  CHECK(heard.events[1].text == "");
  CHECK(heard.events[1].lead);
  CHECK_FALSE(heard.events[1].milliseconds);
  CHECK_FALSE(heard.parser.broken());
  CHECK_FALSE(heard.parser.in_event());
}

TEST_CASE("every tag has its name") {
  Heard heard;
  for (int i = 0; i <= static_cast<int>(Tag::no_value); ++i) {
    const Tag tag = static_cast<Tag>(i);
    CHECK(tag_named(name_of(tag)) == tag);
    CHECK(heard.parser.feed(wire(std::string(name_of(tag)))) == "\n");
    CHECK(heard.events.back().tag == tag);
  }
  CHECK_FALSE(tag_named("NEVER"));
  CHECK_FALSE(tag_named(""));
}

TEST_CASE("events may come in any pieces") {
  const std::string events = wire("IT", "one") + wire("LOG", "", "m", "", "2") + wire("END");
  for (std::size_t piece = 1; piece < 12; ++piece) {
    Heard heard;
    std::string answers;
    for (std::size_t at = 0; at < events.size(); at += piece)
      answers += heard.parser.feed(std::string_view(events).substr(at, piece)).value();
    CHECK(answers == "\n\n\n");
    CHECK(heard.events.size() == 3);
    CHECK(heard.events[1].mode == "m");
    CHECK_FALSE(heard.parser.in_event());
  }
}

TEST_CASE("a broken header is forged, and nothing after it is heard") {
  const std::string n = kNonce;
  const std::string forged[] = {
      "\n",
      " \n",
      "IT 1 0 0 0 0\n",
      "00000000000000000000000000000000 IT 1 0 0 0 0\n",
      "0123456789ABCDEF0123456789ABCDEF IT 1 0 0 0 0\n",
      n + "\n",
      n + " \n",
      n + " IT\n",
      n + " IT 1 0 0 0\n",
      n + " IT 1 0 0 0 0 0\n",
      n + " IT 1 0 0 0 0 \n",
      n + " IT 1 0 0 0 \n",
      n + " IT  1 0 0 0 0\n",
      n + "  IT 1 0 0 0 0\n",
      " " + n + " IT 1 0 0 0 0\n",
      n + " NEVER 1 0 0 0 0\n",
      n + " it 1 0 0 0 0\n",
      n + " IT 2 0 0 0 0\n",
      n + " IT - 0 0 0 0\n",
      n + " IT 1 -1 0 0 0\n",
      n + " IT 1 +1 0 0 0\n",
      n + " IT 1 00 0 0 0\n",
      n + " IT 1 01 0 0 0\n",
      n + " IT 1 0x1 0 0 0\n",
      n + " IT 1 1.0 0 0 0\n",
      n + " IT 1 1e3 0 0 0\n",
      n + " IT 1 1234567890 0 0 0\n",
      n + " IT 1 18446744073709551616 0 0 0\n",
      n + " IT 1 0 0 0 0\r\n",
      n + "\tIT 1 0 0 0 0\n",
      n + std::string(" IT 1 0 0 0 0\0\n", 15),
      n + " {\"tag\":\"PASSED\"}\n",
      std::string(kMaxHeader, 'x'),
      n + " IT 1 0 0 0 0" + std::string(kMaxHeader, ' ') + "\n",
  };
  for (const std::string& line : forged) {
    INFO(line);
    Heard heard;
    CHECK(heard.parser.feed(wire("PASSED")) == "\n");
    CHECK(heard.parser.feed(line) == std::nullopt);
    CHECK(heard.parser.broken());
    CHECK(heard.parser.feed(wire("PASSED")) == std::nullopt);
    CHECK(heard.events.size() == 1);
    // The same bytes in one piece.
    Heard whole;
    CHECK(whole.parser.feed(wire("PASSED") + line + wire("PASSED")) == std::nullopt);
    CHECK(whole.events.size() == 1);
    CHECK_FALSE(whole.parser.in_event());
  }
}

TEST_CASE("a length that is too short leaves a header that is broken") {
  Heard heard;
  CHECK(heard.parser.feed(kNonce + " PASSED 1 2 0 0 0\nabc" + wire("END")) == std::nullopt);
  CHECK(heard.parser.broken());
  CHECK(heard.events.size() == 1);
  // An event that is too long swallows the next one.
  Heard other;
  CHECK(other.parser.feed(kNonce + " PASSED 1 100 0 0 0\nabc" + wire("END")) == "");
  CHECK(other.events.empty());
  CHECK_FALSE(other.parser.broken());
  CHECK(other.parser.in_event());
}

TEST_CASE("an event that the end cuts off is told") {
  const std::string event = wire("LOG", "text", "mode", "label", "1");
  for (std::size_t length = 1; length < event.size(); ++length) {
    Heard heard;
    CHECK(heard.parser.feed(event.substr(0, length)) == "");
    CHECK(heard.parser.in_event());
    CHECK(heard.events.empty());
  }
}

TEST_CASE("a line without end takes no memory") {
  Heard heard;
  const std::string piece(100000, 'x');
  for (int i = 0; i < 300; ++i) CHECK(heard.parser.feed(piece) == std::nullopt);
  CHECK(heard.parser.broken());
  CHECK(heard.events.empty());
}

TEST_CASE("the longest header fits") {
  Heard heard;
  std::string header = kNonce + " COMPLETEDIN 1 1 1 1 1";
  CHECK(header.size() + 8 * 4 + 1 < kMaxHeader);
  CHECK(heard.parser.feed(header + "\n" + "abc1") == "\n");
  CHECK(heard.events[0].milliseconds == 1.0);
}

TEST_CASE("texts are cut at a character") {
  Heard heard;
  CHECK(heard.parser.feed(wire("LOG", std::string(kMaxText, 'a'))) == "\n");
  CHECK(heard.events[0].text == std::string(kMaxText, 'a'));
  CHECK_FALSE(heard.events[0].cut);
  CHECK(heard.parser.feed(wire("LOG", std::string(kMaxText + 1, 'a'))) == "\n");
  CHECK(heard.events[1].text == std::string(kMaxText, 'a') + " [cut]");
  CHECK(heard.events[1].cut);
  CHECK(heard.parser.feed(wire("LOG", std::string(kMaxText - 1, 'a') + "\xc3\xa9z")) == "\n");
  CHECK(heard.events[2].text == std::string(kMaxText - 1, 'a') + " [cut]");
  CHECK(heard.parser.feed(wire("LOG", "t", std::string(2000, 'm'), std::string(999, 'l') + "é")) ==
        "\n");
  CHECK(heard.events[3].mode == std::string(kMaxName, 'm'));
  CHECK(heard.events[3].label == std::string(999, 'l'));
  CHECK_FALSE(heard.events[3].cut);
}

TEST_CASE("invalid UTF-8 is repaired") {
  const std::string r = "\xef\xbf\xbd";
  CHECK(cloche::repaired_utf8("plain \xc3\xa9 \xf0\x9f\x98\x80") ==
        "plain \xc3\xa9 \xf0\x9f\x98\x80");
  CHECK(cloche::repaired_utf8("\xff\xfe") == r + r);
  CHECK(cloche::repaired_utf8("a\x80"
                              "b") == "a" + r + "b");
  CHECK(cloche::repaired_utf8("\xe2\x82") == r);  // breaks off
  CHECK(cloche::repaired_utf8("\xe2\x82z") == r + "z");
  CHECK(cloche::repaired_utf8("\xf0\x9f\x98") == r);
  CHECK(cloche::repaired_utf8("\xc0\xaf") == r + r);  // overlong
  CHECK(cloche::repaired_utf8("\xe0\x80\x80") == r + r + r);
  CHECK(cloche::repaired_utf8("\xf4\x90\x80\x80") == r + r + r + r);  // beyond U+10FFFF
  CHECK(cloche::repaired_utf8("\xed\xa0\x80") == r);                  // a surrogate
  CHECK(cloche::repaired_utf8("\xed\x9f\xbf") == "\xed\x9f\xbf");
  Heard heard;
  CHECK(heard.parser.feed(wire("FAILED", "\xff", "\xfe", "\xed\xa0\xbd")) == "\n");
  CHECK(heard.events[0].text == r);
  CHECK(heard.events[0].mode == r);
  CHECK(heard.events[0].label == r);
}

TEST_CASE("a duration is a number that makes sense, or unknown") {
  const auto duration = [](const std::string& text) {
    Heard heard;
    CHECK(heard.parser.feed(wire("COMPLETEDIN", "", "", "", text)) == "\n");
    return heard.events.at(0).milliseconds;
  };
  CHECK(duration("0") == 0.0);
  CHECK(duration("12.345600") == 12.3456);
  CHECK(duration("1e-7") == 1e-7);
  for (const char* none : {"", "-1", "nan", "inf", "1e999", "1 ", " 1", "0x1p", "one", "1,5"}) {
    INFO(none);
    CHECK_FALSE(duration(none));
  }
  CHECK_FALSE(duration(std::string(kMaxDuration + 1, '1')));
}

TEST_CASE("the events of a run have a budget") {
  std::size_t count = 0;
  ChannelParser parser(
      kNonce, [&](Event) { ++count; }, 10 * kEventCost);
  for (int i = 0; i < 10; ++i) CHECK(parser.feed(wire("SKIPPED")) == "\n");
  CHECK_FALSE(parser.full());
  CHECK(parser.feed(wire("SKIPPED")) == std::nullopt);
  CHECK(parser.full());
  CHECK_FALSE(parser.broken());
  CHECK(count == 10);

  // A length counts as soon as it is announced, before its bytes arrive.
  ChannelParser claimed(
      kNonce, [&](Event) { ++count; }, 1'000'000);
  CHECK(claimed.feed(kNonce + " LOG 1 999999999 0 0 0\n") == std::nullopt);
  CHECK(claimed.full());

  // The bytes that the repair adds count, too.
  ChannelParser growing(
      kNonce, [&](Event) { ++count; }, kEventCost + 1000);
  CHECK(growing.feed(wire("LOG", std::string(900, '\xff'))) == std::nullopt);
  CHECK(growing.full());
  CHECK(count == 10);
}
