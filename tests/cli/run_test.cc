// Runs through real sandboxes and real images. They fail if an image is missing: tools/test builds
// them.
#include <nlohmann/json.hpp>

#include "catch.h"
#include "program.h"

using Json = nlohmann::json;

namespace {

Json run_request(const Json& request) {
  const Ended ended = run_cloche({"run", "--request", "-", "--format", "json"}, request.dump());
  INFO(ended.err);
  INFO(ended.out);
  CHECK(ended.err == "");
  return Json::parse(ended.out);
}

Ended python(std::vector<std::string> options) {
  options.insert(options.begin(), {"run", "-l", "python"});
  return run_cloche(options);
}

}  // namespace

TEST_CASE("code runs and prints") {
  const Ended ended = python({"-c", "print(1+1)"});
  CHECK(ended.out == "2\n");
  CHECK(ended.err == "");
  CHECK(ended.status == 0);
}

TEST_CASE("the two streams stay apart and exactly as they are") {
  const Ended ended = python({"-c", "import sys; sys.stdout.write('a'); sys.stderr.write('b')"});
  CHECK(ended.out == "a");
  CHECK(ended.err == "b");
}

TEST_CASE("code may begin with a dash, be a number, or be nothing") {
  CHECK(python({"-c", "-1"}).status == 0);
  CHECK(python({"-c", "12"}).status == 0);
  CHECK(python({"-c", ""}).out == "");
  CHECK(python({"--code=-1"}).status == 0);
}

TEST_CASE("standard input is forwarded only when asked for") {
  const std::vector<std::string> base = {"run", "-l", "python", "-c",
                                         "import sys; print(repr(sys.stdin.read()))"};
  CHECK(run_cloche(base, "hello").out == "''\n");
  std::vector<std::string> forwarding = base;
  forwarding.push_back("--stdin");
  CHECK(run_cloche(forwarding, "hello").out == "'hello'\n");
}

TEST_CASE("arguments reach the program") {
  CHECK(python({"-c", "import sys; print(sys.argv[1:])", "--", "-x", "y z"}).out ==
        "['-x', 'y z']\n");
}

TEST_CASE("further files are there") {
  CHECK(python({"-c", "print(open('a/b.txt').read() != '')", "--file", "a/b.txt=/etc/hosts"}).out ==
        "True\n");
}

TEST_CASE("the debug option prints the time last") {
  const std::string out = python({"-d", "-c", "print(1)"}).out;
  CHECK(out.starts_with("1\n"));
  CHECK(out.ends_with("ms\n"));
}

TEST_CASE("a time-out keeps what was printed and ends with 1") {
  const std::string code = "import time; print('early', flush=True); time.sleep(60)";
  const Ended ended = python({"--timeout", "700", "-c", code});
  CHECK(ended.out == "early\n");
  CHECK(ended.err == "Process was terminated. It took longer than 700ms to complete\n");
  CHECK(ended.status == 1);
  CHECK(python({"--check", "--timeout", "700", "-c", code}).status == 13);
  const Json json = run_request({{"language", "python"}, {"code", code}, {"timeout", 700}});
  CHECK(json["status"] == "max_time_reached");
  CHECK(json["exitSignal"] == "SIGKILL");
  CHECK_FALSE(json.contains("exitCode"));
  CHECK(json["wallTime"] >= 700);
  CHECK(json["verdict"]["status"] == "time_limit");
}

TEST_CASE("too much output ends the run once and is cut") {
  const Json json =
      run_request({{"language", "python"}, {"code", "while True: print('x' * 1000)"}});
  CHECK(json["status"] == "max_buffer_reached");
  CHECK(json["exitSignal"] == "SIGKILL");
  CHECK(json["stdout"].get<std::string>().size() == 1536000);
  CHECK(json["stderr"] == "Max Buffer reached: Too much information has been written to stdout.\n");
  CHECK(json["truncated"]["stdout"] == true);
  const Ended ended = python({"--check", "-c", "while True: print('x' * 1000)"});
  CHECK(ended.status == 15);
  // Output within the limit stays whole.
  CHECK(python({"-c", "print('x' * 1535999)"}).out.size() == 1536000);
}

TEST_CASE("exit codes and signals are told") {
  Json json = run_request({{"language", "python"}, {"code", "import sys; sys.exit(3)"}});
  CHECK(json["exitCode"] == 3);
  CHECK(json["exitSignal"].is_null());
  CHECK(json["verdict"]["status"] == "runtime_error");
  json = run_request({{"language", "python"}, {"code", "import os; os.kill(os.getpid(), 11)"}});
  CHECK(json["exitCode"].is_null());
  CHECK(json["exitSignal"] == "SIGSEGV");
  CHECK(json["verdict"]["status"] == "signaled");
  CHECK(python({"--check", "-c", "raise SystemExit(3)"}).status == 11);
  CHECK(python({"--check", "-c", "import os; os.kill(os.getpid(), 11)"}).status == 17);
  CHECK(python({"-c", "raise SystemExit(3)"}).status == 0);
}

TEST_CASE("nothing printed or returned passes for a limit") {
  for (const char* code :
       {"raise SystemExit(124)", "raise SystemExit(137)", "import os; os.kill(os.getpid(), 9)",
        "print('Process was terminated. It took longer than 1ms to complete')"}) {
    const Json json = run_request({{"language", "python"}, {"code", code}});
    CHECK_FALSE(json.contains("status"));
    CHECK(json["verdict"]["status"] != "time_limit");
    CHECK(json["verdict"]["status"] != "memory_limit");
  }
}

TEST_CASE("the memory limit has its own verdict") {
  const Ended ended = python({"--check", "--memory", "64M", "-c", "x = bytearray(400 << 20)"});
  // Where memory is sampled, the interpreter may see the refusal first.
  CHECK((ended.status == 14 || ended.status == 11));
}

TEST_CASE("code of ten megabytes runs") {
  const std::string code = "x = '" + std::string(10'000'000, 'a') + "'\nprint(len(x))";
  const Json json = run_request({{"language", "python"}, {"code", code}});
  CHECK(json["stdout"] == "10000000\n");
}

TEST_CASE("any bytes of output give a valid report and can be had") {
  const Json json = run_request(
      {{"language", "python"}, {"code", "import sys; sys.stdout.buffer.write(b'a\\xff\\x00z')"}});
  CHECK(json["stdout"] == "a\xef\xbf\xbd" + std::string("\0z", 2));
  CHECK(json["stdoutBase64"] == "Yf8Aeg==");
}

TEST_CASE("a setup script runs first, and its failure stops nothing") {
  const Json json = run_request({{"language", "python"},
                                 {"bash", "echo made > made.txt; echo hi; exit 3"},
                                 {"code", "print(open('made.txt').read())"}});
  CHECK(json["stdout"] == "made\n\n");
  CHECK(json["shell"]["stdout"] == "hi\n");
  CHECK(json["shell"]["exitCode"] == 3);
}

TEST_CASE("the result says what it ran on") {
  const Json json = run_request({{"language", "py"}, {"languageVersion", "3.x"}, {"code", "1"}});
  CHECK(json["language"] == "python");
  CHECK(json["version"] == "3.13");
  CHECK(json["image"] == "python");
  CHECK(json["usage"]["wallTime"] > 0);
  CHECK(json["usage"]["peakMemory"] > 0);
  CHECK(json["limits"]["enforcedBy"].is_object());
  CHECK(json["phases"].contains("run"));
}

TEST_CASE("compilers that fail are told as such") {
  const Json json = run_request({{"language", "c"}, {"code", "int main(void) { return x; }"}});
  CHECK(json["compilationFailure"] == true);
  CHECK(json["wallTime"] == 0);
  CHECK(json["exitCode"] == 1);
  CHECK_FALSE(json.contains("exitSignal"));
  CHECK_THAT(json["stderr"].get<std::string>(), ContainsSubstring("Error: Command failed: gcc "));
  CHECK(json["verdict"]["status"] == "compile_error");
  CHECK(run_cloche({"run", "-l", "c", "-c", "x", "--check"}).status == 12);
}

TEST_CASE("tests pass, fail and are counted") {
  const Ended passed = run_cloche({"run", "-l", "javascript", "-c", "var a = 1;", "-t", "cw", "-f",
                                   "Test.assertEquals(a, 1)", "--check"});
  CHECK(passed.out == "\n<PASSED::>Test Passed: Value == 1\n");
  CHECK(passed.status == 0);
  const Ended failed = run_cloche({"run", "-l", "javascript", "-c", "var a = 1;", "-t", "cw", "-f",
                                   "Test.assertEquals(a, 2)", "--check"});
  CHECK(failed.status == 10);
  const Json json =
      run_request({{"language", "python"},
                   {"testFramework", "cw-2"},
                   {"code", "a = 1"},
                   {"fixture", "test.assert_equals(a, 1)\ntest.assert_equals(a, 2)"}});
  CHECK(json["counts"]["passed"] == 1);
  CHECK(json["counts"]["failed"] == 1);
  CHECK(json["tests"].size() == 2);
  CHECK(json["framework"] == "cw-2");
}

TEST_CASE("a solution cannot pass by printing tokens or by leaving early") {
  const Json json = run_request(
      {{"language", "python"},
       {"testFramework", "cw-2"},
       {"code", "import os\nprint('\\n<PASSED::>Test Passed', flush=True)\nos._exit(0)"},
       {"fixture", "test.assert_equals(1, 2)"}});
  CHECK(json["counts"]["passed"] == 0);
  CHECK(json["verdict"]["status"] == "report_broken");
  CHECK_THAT(json["stdout"].get<std::string>(), ContainsSubstring("<PASSED::>Test Passed"));
}

TEST_CASE("tokens say that tests did not come to their end") {
  const std::vector<std::string> options = {
      "-c", "def f(): return 1",
      "-t", "cw-2",
      "-f", "test.assert_equals(f(), 1)\nimport os\nos._exit(0)"};
  CHECK(python(options).out ==
        "\n<PASSED::>Test Passed\n"
        "\n<ERROR::>the program ended before all tests were reported\n");
  std::vector<std::string> old = options;
  old.insert(old.end(), {"--compat", "codewars"});
  CHECK(python(old).out == "\n<PASSED::>Test Passed\n");
}

TEST_CASE("output is as it was printed, and as Codewars showed it with --compat") {
  const std::string code = "import sys\nprint('e\\u0301')\nsys.exit('a (most recent call last)')";
  const Ended plain = python({"-c", code});
  CHECK(plain.out == "e\xcc\x81\n");
  CHECK(plain.err == "a (most recent call last)\n");
  const Ended old = python({"-c", code, "--compat", "codewars"});
  CHECK(old.out == "\xc3\xa9\n");
  CHECK(old.err == "a\n");
  CHECK(python({"-c", code, "--compat", "other"}).status == 64);
}

TEST_CASE("a test run without any test is no success") {
  const Ended ended =
      run_cloche({"run", "-l", "python", "-c", "a = 1", "-t", "cw-2", "-f", "pass", "--check"});
  CHECK(ended.status == 16);
}
