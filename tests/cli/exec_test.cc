// `cloche exec` on the python image.
#include <signal.h>
#include <sys/wait.h>

#include "catch.h"
#include "processes.h"
#include "program.h"

namespace {

Ended exec_in_image(std::vector<std::string> arguments, const std::string& input = {}) {
  std::vector<std::string> argv = {"exec", "--image", "python"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_cloche(argv, input);
}

}  // namespace

TEST_CASE("exec passes the program's status on") {
  CHECK(exec_in_image({"--", "true"}).status == 0);
  CHECK(exec_in_image({"--", "sh", "-c", "exit 42"}).status == 42);
  CHECK(exec_in_image({"--", "sh", "-c", "kill -SEGV $$"}).status == 128 + SIGSEGV);
  CHECK(exec_in_image({"--", "/etc"}).status == 126);
  const Ended missing = exec_in_image({"--", "no-such-program"});
  CHECK(missing.status == 127);
  CHECK(missing.err ==
        "cloche: no-such-program: could not be executed: No such file or directory\n");
}

TEST_CASE("a sandbox that cannot be made is 125 and says why") {
  const Ended image = run_cloche({"exec", "--image", "no-such-image", "--", "true"});
  CHECK(image.status == 125);
  CHECK_THAT(image.err, ContainsSubstring("no-such-image"));
  const Ended rootfs = run_cloche({"exec", "--rootfs", "/nonexistent", "--", "true"});
  CHECK(rootfs.status == 125);
  CHECK_THAT(rootfs.err, ContainsSubstring("/nonexistent: No such file or directory"));
  CHECK(exec_in_image({"--memory", "much", "--", "true"}).status == 125);
}

TEST_CASE("bad usage is told apart") {
  CHECK(run_cloche({"exec", "--no-such-option"}).status == 64);
  CHECK(run_cloche({}).status == 64);
  CHECK(run_cloche({"--help"}).status == 0);
  CHECK(run_cloche({"exec", "--help"}).status == 0);
  CHECK(run_cloche({"--version"}).status == 0);
}

TEST_CASE("options that belong to the program are the program's") {
  CHECK(exec_in_image({"sh", "-c", "echo $0 $1", "-x", "--image"}).out == "-x --image\n");
  CHECK(exec_in_image({"--", "echo", "--", "-c"}).out == "-- -c\n");
}

TEST_CASE("streams pass byte for byte") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  CHECK(exec_in_image({"--", "cat"}, bytes).out == bytes);
  const Ended apart = exec_in_image({"--", "sh", "-c", "echo out; echo err >&2"});
  CHECK(apart.out == "out\n");
  CHECK(apart.err == "err\n");
  const Ended long_lines =
      exec_in_image({"--", "python3", "-c", "import sys; sys.stdout.write('x' * 10_000_000)"});
  CHECK(long_lines.out.size() == 10'000'000);
  const Ended cut = exec_in_image({"--output", "5", "--", "echo", "0123456789"});
  CHECK(cut.out == "01234");
  CHECK_THAT(cut.err, ContainsSubstring("cut at its limit"));
}

TEST_CASE("the environment is the image's and what is asked for") {
  ::setenv("PASSED_ON", "yes", 1);
  ::setenv("SECRET", "no", 1);
  const Ended ran = exec_in_image({"--env", "A=1", "--env", "PASSED_ON", "--", "env"});
  CHECK_THAT(ran.out, ContainsSubstring("A=1\n"));
  CHECK_THAT(ran.out, ContainsSubstring("PASSED_ON=yes\n"));
  CHECK(ran.out.find("SECRET") == std::string::npos);
}

TEST_CASE("a signal to the command ends the run in order") {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    const std::string marker = "600.0" + std::to_string(::getpid()) + std::to_string(number);
    const pid_t pid = start_cloche({"exec", "--image", "python", "--", "sleep", marker});
    REQUIRE(comes_true([&] { return any_process_with(marker, pid); }));
    ::kill(pid, number);
    int status = 0;
    ::waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + number);
    CHECK_FALSE(any_process_with(marker));
  }
}

TEST_CASE("a killed command leaves nothing running") {
  const std::string marker = "700.0" + std::to_string(::getpid());
  const pid_t pid = start_cloche({"exec", "--image", "python", "--", "sleep", marker});
  REQUIRE(comes_true([&] { return any_process_with(marker, pid); }));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  CHECK(comes_true([&] { return !any_process_with(marker); }));
}

TEST_CASE("the root of a user namespace is an ordinary user") {
  const Ended ran = run_cloche({"exec", "--image", "python", "--", "id", "-u"}, {},
                               {"unshare", "--user", "--map-root-user"});
  CHECK(ran.out == "1000\n");
  CHECK(ran.err == "");
}

TEST_CASE("a host without user namespaces is told so, and what mends it") {
  const Ended ran =
      run_cloche({"exec", "--image", "python", "--", "true"}, {},
                 {"unshare", "--user", "--map-root-user", "sh", "-c",
                  "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"", "sh"});
  CHECK(ran.status == 125);
  CHECK_THAT(ran.err, ContainsSubstring("sysctl user.max_user_namespaces"));
  const Ended run =
      run_cloche({"run", "-l", "python", "-c", "1"}, {},
                 {"unshare", "--user", "--map-root-user", "sh", "-c",
                  "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"", "sh"});
  CHECK(run.status == 69);
}
