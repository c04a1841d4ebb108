// Output that arrives while the run goes on: each program waits for its input, which the test sends
// only after it has read the output.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "catch.h"

namespace {

// `cloche` with a pipe at its standard input and output.
class Conversation {
 public:
  explicit Conversation(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CLOCHE_PROGRAM);
    int in[2], out[2];
    REQUIRE(pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      std::vector<char*> argv;
      for (std::string& each : arguments) argv.push_back(each.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~Conversation() {
    end();
    close(out_);
    waitpid(child_, nullptr, 0);
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Whether the output so far becomes this text before it ends, within a minute.
  bool hears(const std::string& text) {
    while (heard_.find(text) == heard_.npos) {
      pollfd source{out_, POLLIN, 0};
      char bytes[4096];
      if (poll(&source, 1, 60'000) != 1) return false;
      const ssize_t count = read(out_, bytes, sizeof bytes);
      if (count <= 0) return false;
      heard_.append(bytes, static_cast<std::size_t>(count));
    }
    return true;
  }
  void say(const std::string& text) {
    REQUIRE(write(in_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  // Ends the input.
  void end() {
    if (in_ >= 0) close(in_);
    in_ = -1;
  }
  const std::string& heard() const { return heard_; }
  const std::string& rest() {
    while (hears("never printed")) {
    }
    return heard_;
  }

 private:
  pid_t child_ = -1;
  int in_ = -1, out_ = -1;
  std::string heard_;
};

const std::string kAsk = "print('first')\nprint(input('more? '))";

}  // namespace

TEST_CASE("output of a program arrives while it runs", "[images]") {
  for (const char* format : {"tokens", "tree"}) {
    INFO(format);
    Conversation run({"run", "-l", "python", "-c", kAsk, "--stdin", "--format", format});
    REQUIRE(run.hears("first\nmore? "));
    run.say("second\n");
    CHECK(run.rest() == "first\nmore? second\n");
  }
}

TEST_CASE("output arrives while it runs in each language", "[images]") {
  const std::vector<std::pair<std::string, std::string>> programs = {
      {"javascript",
       "console.log('first'); process.stdin.once('data', d => console.log(String(d)))"},
      {"ruby", "print 'first'; puts gets"},
      {"c",
       "#include <stdio.h>\nint main(void) { int n; printf(\"first\"); return scanf(\"%d\", &n) != "
       "1; }"},
      {"sh", "printf first; read x; echo $x"},
      {"bash", "printf first; read x; echo $x"}};
  for (const auto& [language, code] : programs) {
    INFO(language);
    Conversation run({"run", "-l", language, "-c", code, "--stdin"});
    REQUIRE(run.hears("first"));
    run.say("1\n");
    CHECK(run.rest().starts_with("first"));
  }
}

TEST_CASE("tokens and the tree of tests arrive while the tests run", "[images]") {
  const std::string fixture =
      "@test.describe('group')\n"
      "def _():\n"
      "    @test.it('one')\n"
      "    def _():\n"
      "        print('in one')\n"
      "        test.expect(False, 'why')\n"
      "    input()\n"
      "    @test.it('two')\n"
      "    def _():\n"
      "        test.expect(True)\n";
  const std::vector<std::string> options = {"run",  "-l", "python", "-c",      "pass",    "-t",
                                            "cw-2", "-f", fixture,  "--stdin", "--format"};
  std::vector<std::string> tokens = options, tree = options;
  tokens.push_back("tokens");
  tree.push_back("tree");
  Conversation first(tokens);
  REQUIRE(first.hears("\n<FAILED::>why\n"));
  first.say("\n");
  CHECK_THAT(first.rest(), ContainsSubstring("<IT::>two\n"));

  Conversation second(tree);
  REQUIRE(second.hears("group\n  ✗ one"));
  REQUIRE(second.hears("\n    | in one\n    why\n"));
  second.say("\n");
  CHECK_THAT(second.rest(), ContainsSubstring("\n  ✓ two"));
  CHECK_THAT(second.rest(), ContainsSubstring("\n\n✗ 1 of 2 tests passed, 1 failed (python"));
}

TEST_CASE("each case is printed when it has ended", "[images]") {
  // The second case never ends by itself: the first must be there before the run is stopped.
  const std::string request =
      R"json({"language": "python", "code": "if input() == 'wait':\n while True: pass\nprint('done')",
              "timeout": 3000, "cases": [{"stdin": "a"}, {"stdin": "wait"}]})json";
  for (const auto& [format, text] :
       {std::pair("tokens", "case 1: ok, "), std::pair("tree", "✓ case 1 ")}) {
    Conversation run({"run", "--request", "-", "--format", format});
    run.say(request);
    run.end();
    REQUIRE(run.hears(text));
    CHECK(run.heard().find("case 2") == std::string::npos);
    CHECK_THAT(run.rest(), ContainsSubstring("case 2"));
  }
}
