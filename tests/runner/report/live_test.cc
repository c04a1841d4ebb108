#include "runner/report/live.h"

#include <algorithm>

#include "catch.h"
#include "runner/report/tag.h"
#include "runner/report/tree.h"
#include "runner/report/tree_text.h"

using namespace cloche::runner;

namespace {

// A run, told to a LiveText as to any observer and gathered for a report.
class Told {
 public:
  explicit Told(const LiveOptions& options)
      : text_(live_text(options,
                        [this](int fd, std::string_view text) { (fd == 2 ? err : out) += text; })) {
    text_->listen(observer);
    observer.on_phase("run");
    report.test_mode = options.tests;
    report.language = "toy";
    report.reason = "over";
  }
  void print(const std::string& bytes, int fd = 1) {
    if (fd == 1) tree_.print(bytes);
    (fd == 2 ? report.err : report.out) += bytes;
    observer.on_output(fd, bytes);
  }
  void token(const std::string& tag, const std::string& text = {}, const std::string& label = {}) {
    Event event;
    event.tag = *tag_named(tag);
    event.text = text;
    event.label = label;
    tree_.add(event);
    const std::string rendered = "<" + tag + "::" + label + ">" + text + "\n";
    report.out += rendered;
    observer.on_token({tag, text, "", label, std::nullopt, rendered});
  }
  // Ends the run, and returns all that was written: the live text, and then the rest.
  Rendered end(bool ended = true) {
    Event event;
    event.tag = Tag::end;
    if (ended) tree_.add(event);
    report.tests = tree_.finish().root;
    Rendered text = text_->rest(report);
    return {out + text.out, err + text.err};
  }

  std::string out, err;  // written so far
  Observer observer;
  Report report;

 private:
  TreeBuilder tree_;
  std::unique_ptr<LiveText> text_;
};

constexpr LiveOptions kTree{Format::tree, {}, true, false};

}  // namespace

TEST_CASE("tokens are written as they come, and the end of the report after them") {
  Told told({Format::tokens, {}, true, false});
  told.print("a");
  told.token("IT", "x");
  told.print("b", 2);
  CHECK(told.out == "a<IT::>x\n");
  CHECK(told.err == "b");
  told.report.err += "limit\n";
  const Rendered all = told.end();
  CHECK(all.out == told.report.out);
  CHECK(all.err == told.report.err);
}

TEST_CASE("output of steps before the last is not written at once") {
  Told told({Format::tokens, {}, false, false});
  told.observer.on_phase("compile");
  told.observer.on_output(2, "warning");
  CHECK(told.err.empty());
}

TEST_CASE("a sequence that comes in pieces has no other effect than in one") {
  for (const bool colour : {false, true}) {
    const std::string text =
        "a\x1b[31mred\x1b[0m \x1b[2J\x1b]0;t\x07 \xc2\x9bx \xc3\xa9 \x1b[1;2\n";
    for (std::size_t size = 1; size < text.size(); ++size) {
      Told told({Format::tree, {colour}, false, false});
      for (std::size_t at = 0; at < text.size(); at += size) told.print(text.substr(at, size));
      const Rendered all = told.end();
      CHECK(all.out == harmless(text, colour));
    }
  }
  CHECK(incomplete_sequence("a\x1b[31") == 4);
  CHECK(incomplete_sequence("\xc2") == 1);
  CHECK(incomplete_sequence("\x1b[" + std::string(60, '1')) == 0);
}

TEST_CASE("a tree is written test by test and is the tree of the report in the end") {
  Told told(kTree);
  told.print("\nbefore\n\n\nhalf");
  CHECK(told.out == "before\n");
  told.token("DESCRIBE", "g");
  CHECK(told.out == "before\n\n\nhalf\ng\n");
  told.out.clear();
  told.print("in g\n");
  told.token("DESCRIBE", "h");
  told.token("IT", "one");
  told.print("in one\n");
  told.token("FAILED", "why");
  CHECK(told.out == "  | in g\n  h\n");
  told.token("COMPLETEDIN");
  CHECK(told.out == "  | in g\n  h\n    ✗ one\n      | in one\n      why\n");
  told.out.clear();
  told.token("COMPLETEDIN");
  told.token("PASSED", "alone");
  told.token("LOG", "text", "title");
  CHECK(told.out == "  ✓ alone\n    ┌ title\n    │ text\n    └\n");
  told.token("COMPLETEDIN");
  told.token("IT", "last");
  told.token("SKIPPED", "not now");
  told.token("COMPLETEDIN");
  told.out.clear();
  told.print("e", 2);
  const Rendered all = told.end();
  CHECK(all.out == "\nstandard error:\n| e\n\n✓ over (toy)\n");
  CHECK(all.err.empty());
}

TEST_CASE("a tree without output between tests is what it is in one piece") {
  Told told(kTree);
  for (const char* group : {"a", "b"}) {
    told.token("DESCRIBE", group);
    for (const char* test : {"x", "y"}) {
      told.token("IT", test);
      told.print("printed\n");
      told.token("FAILED", "why\nnot");
      told.token("LOG", "1\n2", "-Log");
      told.token("COMPLETEDIN");
    }
    told.token("DESCRIBE", "inner");
    told.token("ERROR", "outside");
    told.token("COMPLETEDIN");
    told.token("COMPLETEDIN");
  }
  const Rendered all = told.end();
  CHECK(all.out == tree_text(told.report, false).out);
}

TEST_CASE("tests that did not end are in the tree") {
  Told told(kTree);
  told.token("DESCRIBE", "g");
  told.token("IT", "one");
  told.token("PASSED", "fine");
  told.print("lost?\n");
  CHECK(told.out == "g\n");
  CHECK(told.end(false).out ==
        "g\n  ✗ one\n    | lost?\n    The test did not finish\n\n✓ over (toy)\n");
}

TEST_CASE("a terminal shows the test that runs in its last line") {
  Told told({Format::tree, {}, true, true});
  told.token("IT", "one\ntwo " + std::string(100, 'x'));
  CHECK(told.out == "… one");
  told.token("PASSED", "fine");
  told.token("COMPLETEDIN");
  CHECK(told.out.starts_with("… one\r\x1b[K✓ one"));
  told.out.clear();
  told.token("IT", "\u00e4" + std::string(58, 'x') + "\u00e4\u00e4");
  CHECK(told.out == "… \u00e4" + std::string(58, 'x') + "…");
  told.out.clear();
  CHECK(told.end(false).out.starts_with("\r\x1b[K"));
}

TEST_CASE("a run that never began is printed in the end") {
  Told told(kTree);
  told.report.compilation_failure = true;
  told.report.verdict = Verdict::setup_error;
  told.report.err = "Error: no";
  CHECK(told.end().err == "Error: no\n");
}
