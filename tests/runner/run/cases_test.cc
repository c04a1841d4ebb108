// Cases: many inputs for one solution.
#include "runner/request/cases.h"

#include <sys/eventfd.h>

#include "catch.h"
#include "cloche/error.h"
#include "runner/run/difference.h"
#include "toy.h"
#include "util/fd.h"

using namespace cloche::runner;
using cloche::Error;
using cloche::UniqueFd;

TEST_CASE("white space at the ends of lines and of the text counts for nothing") {
  CHECK(first_difference("", "") == 0);
  CHECK(first_difference("a \t\r\nb\n\n \n", "a\nb") == 0);
  CHECK(first_difference("a\nb", "a\nb\n") == 0);
  CHECK(first_difference("a\nb", "a\nc") == 2);
  CHECK(first_difference(" a", "a") == 1);
  CHECK(first_difference("a\n\nb", "a\nb") == 2);
  CHECK(first_difference("a", "a\nb") == 2);
  CHECK(first_difference("a b", "a  b") == 1);
}

TEST_CASE("a solution is compiled once and run once for each case") {
  Request request = toy("read -r n; cat built; echo $((n * 2)) \"$@\"");
  request.options["compile"] = {"echo compiling >&2; echo built >built; echo x >/tmp/built"};
  request.arguments = {"common"};
  request.cases = {{"1\n", {}, "built\n2 common"},
                   {"2\n", {"a b", "c"}, std::nullopt},
                   {"3\n", {}, "built\n7\n"},
                   {"4\n", {}, "built\n8 common  \n\n"}};
  const Report report = run(request);
  CHECK(report.compile.size() == 1);
  REQUIRE(report.cases.size() == 4);
  CHECK(report.cases[0].verdict == Verdict::ok);
  CHECK(report.cases[0].compared);
  CHECK(report.cases[1].out == "built\n4 common a b c\n");
  CHECK(report.cases[1].exit_code == 0);
  CHECK_FALSE(report.cases[1].compared);
  CHECK(report.cases[2].verdict == Verdict::wrong_output);
  CHECK(report.cases[2].reason == "line 2 of its output is not what was expected");
  CHECK(report.cases[3].verdict == Verdict::ok);
  CHECK(report.cases[3].result.wall_time.count() > 0);
  CHECK(report.verdict == Verdict::wrong_output);
  CHECK(report.reason ==
        "1 of 4 cases failed; case 3: line 2 of its output is not what was expected");
  CHECK(report.out.empty());
}

TEST_CASE("no case sees what another left") {
  const std::string look = "ls -A /workspace /tmp /dev/shm; ls -i built | wc -l; ";
  for (const char* compile :
       {"", "mkdir d; echo x >d/built; ln -s d/built built; echo y >/tmp/y"}) {
    INFO(compile);
    Request request = toy(look +
                          "echo x >left; echo x >/tmp/left; echo x >/dev/shm/left; "
                          "rm -rf d /tmp/y; echo z >s.sh");
    if (*compile != '\0') request.options["compile"] = {compile};
    request.cases.resize(3);
    const Report report = run(request);
    REQUIRE(report.cases.size() == 3);
    CHECK(report.cases[0].out.find("left") == std::string::npos);
    CHECK(report.cases[1].out == report.cases[0].out);
    CHECK(report.cases[2].out == report.cases[0].out);
    CHECK(report.cases[2].exit_code == 0);
  }
}

TEST_CASE("kernel objects of a case do not outlive it") {
  Request request =
      toy("python3 -c \""
          R"(
import ctypes
libc = ctypes.CDLL(None)
print(libc.shmget(77, 4096, 0o600) < 0, libc.shmget(77, 4096, 0o1600) >= 0))"
          "\"");
  request.cases.resize(2);
  const Report report = run(request);
  REQUIRE(report.cases.size() == 2);
  CHECK(report.cases[0].out == "True True\n");
  CHECK(report.cases[1].out == "True True\n");
}

TEST_CASE("each case has the full limits, and a failed one does not end the others") {
  Request request =
      toy("read -r what; case $what in (sleep) sleep 60;; (exit) exit 3;; "
          "(abort) kill -ABRT $$;; (*) sleep 0.3;; esac");
  request.timeout = std::chrono::milliseconds(700);
  for (const char* what : {"", "", "", "sleep", "exit", "abort", ""})
    request.cases.push_back({std::string(what) + "\n", {}, {}});
  const Report report = run(request);
  REQUIRE(report.cases.size() == 7);
  for (const std::size_t good : {0u, 1u, 2u, 6u}) CHECK(report.cases[good].verdict == Verdict::ok);
  CHECK(report.cases[3].verdict == Verdict::time_limit);
  CHECK(report.cases[3].signal == 9);
  CHECK_THAT(report.cases[3].err, ContainsSubstring("It took longer than 700ms"));
  CHECK(report.cases[4].verdict == Verdict::runtime_error);
  CHECK(report.cases[4].exit_code == 3);
  CHECK(report.cases[5].verdict == Verdict::signaled);
  CHECK(report.verdict == Verdict::time_limit);
  CHECK(report.reason.starts_with("3 of 7 cases failed; case 4: "));
}

TEST_CASE("a bound on output holds for each case, and tokens' look-alikes are output") {
  Request request = toy("cat");
  RunOptions options;
  options.output_bytes = 4;
  request.cases = {{"1234", {}, {}}, {"12345", {}, {}}, {"<IT>", {}, "<IT>"}};
  const Report report = run(request, options);
  REQUIRE(report.cases.size() == 3);
  CHECK(report.cases[0].verdict == Verdict::ok);
  CHECK(report.cases[1].verdict == Verdict::output_limit);
  CHECK(report.cases[1].out == "1234");
  CHECK(report.cases[1].out_truncated);
  CHECK(report.cases[2].verdict == Verdict::ok);
}

TEST_CASE("joined output is what is compared, without what cloche adds") {
  RunOptions options;
  options.join_output = true;
  Request request = toy("echo out; echo err >&2");
  request.cases = {{"", {}, "out\nerr"}};
  CHECK(run(request, options).verdict == Verdict::ok);
}

TEST_CASE("cases can be cancelled between and in them") {
  const UniqueFd cancel(::eventfd(0, EFD_CLOEXEC));
  RunOptions options;
  options.cancel_fd = cancel.get();
  int begun = 0;
  options.observer.on_phase = [&](std::string_view phase) {
    if (phase == "case " + std::to_string(begun) && ++begun == 2) ::eventfd_write(cancel.get(), 1);
  };
  Request request = toy("read -r x; exit $x");
  request.cases = {{"3\n", {}, {}}, {"0\n", {}, {}}, {"0\n", {}, {}}};
  Report report = run(request, options);
  CHECK(report.verdict == Verdict::cancelled);
  REQUIRE(report.cases.size() == 2);
  CHECK(report.cases[0].verdict == Verdict::runtime_error);
  CHECK(report.cases[1].verdict == Verdict::cancelled);
  report = run(request, options);
  CHECK(report.verdict == Verdict::cancelled);
  CHECK(report.cases.empty());
}

TEST_CASE("a failed compilation is the end of all cases") {
  Request request = toy("echo ran");
  request.options["compile"] = {"exit 7"};
  request.cases.resize(2);
  const Report report = run(request);
  CHECK(report.verdict == Verdict::compile_error);
  CHECK(report.cases.empty());
  CHECK(report.compile.size() == 1);
}

TEST_CASE("files of compiling that cannot be carried over are reported") {
  Request request = toy("echo ran");
  request.options["compile"] = {"i=0; while [ $i -lt 150 ]; do mkdir d; cd d; i=$((i + 1)); done"};
  request.cases.resize(2);
  const Report report = run(request);
  CHECK(report.verdict == Verdict::compile_error);
  CHECK_THAT(report.reason, ContainsSubstring("what compiling left"));
}

TEST_CASE("cases have a number and do not go with tests") {
  Request request = toy("x");
  request.cases.resize(kMaxCases + 1);
  CHECK(run(request).verdict == Verdict::setup_error);
  request.cases.resize(1);
  request.fixture = "x";
  Report report = run(request);
  CHECK(report.verdict == Verdict::setup_error);
  CHECK_THAT(report.err, ContainsSubstring("run cases together with tests"));
  request.fixture.clear();
  request.cases[0].arguments = {std::string("a\0b", 3)};
  CHECK(run(request).verdict == Verdict::setup_error);
}

TEST_CASE("cases are read from an array or from lines") {
  const auto array = parse_cases(
      R"( [{"stdin": "1", "arguments": ["a", 2], "expected": "x"}, {"expected": null}])", "c");
  REQUIRE(array.size() == 2);
  CHECK(array[0].stdin_data == "1");
  CHECK(array[0].arguments == std::vector<std::string>{"a", "2"});
  CHECK(array[0].expected == "x");
  CHECK_FALSE(array[1].expected);
  const auto lines = parse_cases("{\"stdin\": \"1\"}\r\n\n{\"expected\": \"\"}", "c");
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].expected == "");
  CHECK_THROWS_WITH(parse_cases("{}\n{\"stdn\": 1}", "c"), ContainsSubstring("c, line 2"));
  CHECK_THROWS_WITH(parse_cases("\n{}\n{", "c"), ContainsSubstring("c, line 3"));
  for (const char* bad : {"", "\n", "[]", "[1]", "3", "[{}", "[{\"stdin\": []}]"})
    CHECK_THROWS_AS(parse_cases(bad, "c"), Error);
}
