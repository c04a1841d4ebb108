// The amount of output that is kept, joined streams, signals and limits.
#include <signal.h>
#include <unistd.h>

#include "catch.h"
#include "toy.h"
#include "util/fd.h"

using namespace cloche::runner;
using cloche::UniqueFd;
using std::chrono::milliseconds;

namespace {

RunOptions joined() {
  RunOptions options;
  options.join_output = true;
  return options;
}

RunOptions bounded(std::uint64_t bytes) {
  RunOptions options;
  options.output_bytes = bytes;
  return options;
}

}  // namespace

TEST_CASE("joined output is one text in its order") {
  Request request = toy("echo a; echo b >&2; printf c; exit 3");
  request.bash = "echo x; echo y >&2";
  const Report report = run(request, joined());
  CHECK(report.out == "a\nb\nc");
  CHECK(report.err.empty());
  REQUIRE(report.shell);
  CHECK(report.shell->out == "x\ny\n");
  CHECK(report.shell->err.empty());
}

TEST_CASE("joined output tells everything by itself") {
  Request request = toy("echo a; echo b >&2; sleep 60");
  request.timeout = milliseconds(300);
  Report report = run(request, joined());
  CHECK(report.out == "a\nb\nProcess was terminated. It took longer than 300ms to complete\n");
  CHECK(report.err.empty());

  request = toy("x");
  request.options["compile"] = {"echo told; echo why >&2; exit 7"};
  report = run(request, joined());
  CHECK(report.out == "Error: Command failed: sh -c echo told; echo why >&2; exit 7\ntold\nwhy\n");
  CHECK(report.err.empty());

  request = toy("x");
  request.options["program"] = {"no-such-program"};
  report = run(request, joined());
  CHECK(report.out == "Error: spawn no-such-program ENOENT\n");
  CHECK(report.err.empty());

  request = toy("x");
  request.version = "7";
  report = run(request, joined());
  CHECK(report.out == "Error: toy version 7 is not supported (versions of toy: 1)");
  CHECK(report.err.empty());
}

TEST_CASE("joined output is cleaned as either stream is") {
  Request request = toy("echo SECRET; echo SECRETx >&2");
  CHECK(run(request, joined()).out == "SECRET\nSECRETx\n");
  request.compat = Compat::codewars;
  CHECK(run(request, joined()).out == "\nx\n");
}

TEST_CASE("a stream is ended exactly at its bound") {
  Report report = run(toy("printf 12345; sleep 0.1; exit 0"), bounded(5));
  CHECK(report.verdict == Verdict::ok);
  CHECK(report.out == "12345");
  CHECK_FALSE(report.out_truncated);

  report = run(toy("printf 123456; sleep 60"), bounded(5));
  CHECK(report.verdict == Verdict::output_limit);
  CHECK(report.out == "12345");
  CHECK(report.out_truncated);
  CHECK_FALSE(report.err_truncated);
  CHECK(report.err == "Max Buffer reached: Too much information has been written to stdout.\n");

  report = run(toy("printf 123; printf 123456 >&2; sleep 60"), bounded(5));
  CHECK(report.verdict == Verdict::output_limit);
  CHECK(report.out == "123");
  CHECK(report.err ==
        "12345Max Buffer reached: Too much information has been written to stderr.\n");
  CHECK_FALSE(report.out_truncated);
  CHECK(report.err_truncated);
  CHECK(report.reason == "too much was written to standard error");

  report = run(toy("yes >&2"), bounded(100000));
  CHECK(report.err.find("Max Buffer") == 100000);
  CHECK(run(toy("echo"), bounded(0)).verdict == Verdict::output_limit);
  CHECK(run(toy("echo"), bounded(~0ull)).verdict == Verdict::ok);

  RunOptions both = bounded(3);
  both.join_output = true;
  report = run(toy("printf ab; printf cd >&2; sleep 60"), both);
  CHECK(report.out.starts_with("abcMax Buffer"));
  CHECK(report.out_truncated);
}

TEST_CASE("observers are shown no more than is kept") {
  RunOptions options = bounded(5);
  std::string seen;
  options.observer.on_output = [&](int, std::string_view bytes) { seen += bytes; };
  run(toy("printf 123456; sleep 60"), options);
  CHECK(seen == "12345");
}

TEST_CASE("compile and shell steps keep no more and are not ended for it") {
  Request request = toy("echo ran");
  request.bash = "printf 123456";
  request.options["compile"] = {"printf 1234567 >&2"};
  const Report report = run(request, bounded(5));
  CHECK(report.out == "ran\n");
  REQUIRE(report.shell);
  CHECK(report.shell->out == "12345");
  REQUIRE(report.compile.size() == 1);
  CHECK(report.compile[0].err == "12345");
  CHECK(report.compile[0].err_truncated);
}

TEST_CASE("the last step is sent the caller's signals") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const UniqueFd read(ends[0]), write(ends[1]);
  RunOptions options;
  options.signal_fd = read.get();
  options.observer.on_output = [&](int, std::string_view) {
    const char number = SIGUSR1;
    CHECK(::write(write.get(), &number, 1) == 1);
  };
  const Report report =
      run(toy("trap 'exit 9' USR1; echo ready; while :; do sleep 0.01; done"), options);
  CHECK(report.exit_code == 9);
}

TEST_CASE("each step has its own limits") {
  Request request = toy("while :; do :; done");
  request.cpu_time = milliseconds(200);
  Report report = run(request);
  CHECK(report.verdict == Verdict::time_limit);
  CHECK_THAT(report.err, ContainsSubstring("more CPU time than its limit of 0.2 s"));

  request = toy("echo ran");
  request.cpu_time = milliseconds(5000);
  request.compile_cpu_time = milliseconds(200);
  request.options["compile"] = {"while :; do :; done"};
  report = run(request);
  CHECK(report.verdict == Verdict::compile_error);
  CHECK_THAT(report.err, ContainsSubstring("more CPU time than its limit of 0.2 s"));

  request.compile_cpu_time.reset();
  request.compile_timeout = milliseconds(300);
  request.options["compile"] = {"sleep 60"};
  report = run(request);
  CHECK(report.verdict == Verdict::compile_error);
  CHECK_THAT(report.err, ContainsSubstring("It took longer than 300ms to complete"));

  const std::string hungry = "python3 -c 'bytearray(200_000_000)'";
  request = toy(hungry);
  request.compile_memory_bytes = 100u << 20;
  request.options["compile"] = {"echo small"};
  CHECK(run(request).verdict == Verdict::ok);
  request.options["compile"] = {hungry};
  CHECK(run(request).verdict == Verdict::compile_error);
}
