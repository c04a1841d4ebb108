#include "runner/report/tokens.h"

#include "catch.h"

using cloche::runner::Event;
using cloche::runner::render_token;
using cloche::runner::Tag;

TEST_CASE("tokens are rendered exactly") {
  Event event;
  event.tag = Tag::passed;
  event.text = "Test Passed: Value == 1";
  CHECK(render_token(event) == "\n<PASSED::>Test Passed: Value == 1\n");
  event.lead = false;
  CHECK(render_token(event) == "<PASSED::>Test Passed: Value == 1\n");
  event = {Tag::log, "a\nb\n", "ESC", "-Failure", true, {}};
  CHECK(render_token(event) == "\n<LOG:ESC:-Failure>a<:LF:>b<:LF:>\n");
  event = {Tag::log, "", "", "Title\nmore", true, {}};
  CHECK(render_token(event) == "\n<LOG::Title<:LF:>more>\n");
  event = {Tag::completed_in, "", "", "", true, 1.25};
  CHECK(render_token(event) == "\n<COMPLETEDIN::>\n");
}

TEST_CASE("words between reporter and runner are not shown") {
  for (const Tag tag : {Tag::skipped, Tag::sync, Tag::end, Tag::value, Tag::no_value})
    CHECK(render_token({tag, "text", "", "", true, {}}) == "");
}
