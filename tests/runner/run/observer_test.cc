// The events of a run, recorded while it happens.
#include <stdexcept>

#include "catch.h"
#include "toy.h"

using namespace cloche::runner;

namespace {

// Everything that was recorded, as one text.
struct Recorder {
  RunOptions options() {
    RunOptions options;
    options.observer.on_phase = [this](std::string_view phase) {
      text += "[" + std::string(phase) + "]";
    };
    options.observer.on_output = [this](int fd, std::string_view bytes) {
      text += std::to_string(fd) + ":" + std::string(bytes);
    };
    options.observer.on_token = [this](const Token& token) {
      text += "<" + token.tag + " " + token.text + "|" + token.rendered + ">";
    };
    return options;
  }
  std::string text;
};

}  // namespace

TEST_CASE("phases and output are recorder as they come") {
  Recorder recorder;
  Request request = toy("echo SECRET");
  request.compat = Compat::codewars;
  request.bash = "echo setup";
  request.options["compile"] = {"echo compiled >&2"};
  const Report report = run(request, recorder.options());
  CHECK(recorder.text == "[sandbox][shell]1:setup\n[compile]2:compiled\n[run]1:SECRET\n");
  CHECK(report.out == "\n");
  REQUIRE(report.compile.size() == 1);
  CHECK(report.compile[0].err == "compiled\n");
  CHECK(report.compile[0].exit_code == 0);
}

TEST_CASE("tokens are recorder between the output before and after them") {
  Recorder recorder;
  Request request = toy("unused");
  request.fixture = kSpeak + R"(
    echo before
    say PASSED "$two_lines" 0
    say SKIPPED "not now"
    echo after
    say END
  )";
  run(request, recorder.options());
  CHECK(recorder.text ==
        "[sandbox][run]1:before\n<PASSED a\nb|<PASSED::>a<:LF:>b\n><SKIPPED not now|>1:after\n");
}

TEST_CASE("each case is recorded when it has ended, with its verdict") {
  Recorder recorder;
  RunOptions options = recorder.options();
  options.observer.on_output = {};
  options.observer.on_case = [&](std::size_t index, const CaseReport& one) {
    recorder.text +=
        std::to_string(index) + "=" + std::string(to_string(one.verdict)) + ":" + one.out;
  };
  Request request = toy("cat");
  request.cases = {{"a", {}, "a"}, {"b", {}, "c"}};
  run(request, options);
  CHECK(recorder.text == "[sandbox][case 0]0=ok:a[case 1]1=wrong_output:b");
}

TEST_CASE("an exception of an observer ends the run and is thrown on") {
  for (const char* when : {"phase", "output", "token"}) {
    INFO(when);
    RunOptions options;
    const auto fail = [when](const char* now) {
      if (std::string(when) == now) throw std::runtime_error(now);
    };
    options.observer.on_phase = [&](std::string_view) { fail("phase"); };
    options.observer.on_output = [&](int, std::string_view) { fail("output"); };
    options.observer.on_token = [&](const Token&) { fail("token"); };
    Request request = toy("unused");
    request.fixture = kSpeak + "say PASSED x\necho x\nsleep 60\n";
    if (std::string(when) == "output") request.fixture = "echo x; sleep 60";
    CHECK_THROWS_WITH(run(request, options), when);
  }
}
