// Standard output that cannot be written.
#include <stdlib.h>

#include <algorithm>

#include "../image/fixture.h"
#include "catch.h"
#include "program.h"

using cloche::image::test::Directory;

namespace {

const std::vector<std::string> kFull = {"sh", "-c", "exec \"$@\" >/dev/full", "sh"};

}  // namespace

TEST_CASE("an answer that is lost is an error") {
  const std::vector<std::vector<std::string>> commands = {{"image", "list"},
                                                          {"image", "list", "--json"},
                                                          {"image", "inspect", "python"},
                                                          {"image", "build", "--names"},
                                                          {"languages"},
                                                          {"seccomp", "list"},
                                                          {"run", "-v"},
                                                          {"run", "--help"},
                                                          {"--version"}};
  for (const auto& command : commands) {
    const Ended ended = run_cloche(command, {}, kFull);
    INFO(command[0] << " " << command.back() << ": " << ended.err);
    CHECK(ended.status == 73);
    CHECK_THAT(ended.err,
               ContainsSubstring("cannot write standard output: No space left on device\n"));
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  }
}

TEST_CASE("a command that cannot report its changes ends with an error") {
  Directory directory;
  const auto image = [&](std::vector<std::string> arguments, std::vector<std::string> through) {
    arguments.insert(arguments.begin(), "image");
    through.insert(through.end(), {"env", "CLOCHE_STORE=" + (directory / "store")});
    return run_cloche(arguments, {}, through);
  };
  const std::string root = directory / "root";
  REQUIRE(::system(("mkdir -p " + root + "/usr").c_str()) == 0);
  CHECK(image({"import", root, "--name", "a"}, kFull).status == 73);
  CHECK(image({"verify", "a"}, kFull).status == 73);
  CHECK(image({"verify", "a", "--json"}, kFull).status == 73);
  CHECK(image({"prune", "--dry-run"}, kFull).status == 73);
  CHECK(image({"prune", "--json"}, kFull).status == 73);
  CHECK(image({"remove", "a"}, kFull).status == 73);
  // It happened all the same.
  CHECK(image({"remove", "a"}, {}).status == 67);
}

TEST_CASE("a program's output that is lost is an error of cloche") {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, std::vector<std::string>{"--json"}}) {
    std::vector<std::string> command = {"exec", "--image", "python"};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"--", "echo", "text"});
    const Ended ended = run_cloche(command, {}, kFull);
    CHECK(ended.status == 125);
    CHECK_THAT(ended.err, ContainsSubstring("cannot write standard output: No space left"));
    command[2] = "no-such-image";
    const Ended missing = run_cloche(command, {}, kFull);
    CHECK(missing.status == 125);
    CHECK_THAT(missing.err, ContainsSubstring("no-such-image"));
  }
  for (const char* format : {"tokens", "json", "tree", "junit", "tap", "default", "pretty"}) {
    const Ended ended =
        run_cloche({"run", "-l", "python", "-c", "print(1)", "--format", format}, {}, kFull);
    CHECK(ended.status == 73);
    CHECK_THAT(ended.err, ContainsSubstring("cannot write standard output: No space left"));
  }
  // A program without output loses no output.
  CHECK(run_cloche({"exec", "--image", "python", "--", "sh", "-c", "exit 3"}, {}, kFull).status ==
        3);
}
