// /proc, /sys and /dev show only data of the sandbox, and cannot be changed.
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "catch.h"
#include "fixture.h"
#include "util/file.h"
#include "util/paths.h"

using cloche::Result;

namespace {

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

// Times and modes of the host's devices that are shown inside.
std::string devices_of_the_host() {
  std::ostringstream text;
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    struct stat status {};
    ::stat(path, &status);
    text << path << ' ' << status.st_mode << ' ' << status.st_uid << ' ' << status.st_ctim.tv_sec
         << '.' << status.st_ctim.tv_nsec << '\n';
  }
  return text.str();
}

}  // namespace

TEST_CASE("nothing of the host's environment or of the launcher's memory is seen") {
  const std::string secret = random_text();
  REQUIRE(::setenv("CLOCHE_ESCAPE_SECRET", secret.c_str(), 1) == 0);
  const Result self = attack({"proc", "self"});
  const Result init = attack({"proc", "init"});
  const std::string outside = act_outside({"proc", "self"});
  ::unsetenv("CLOCHE_ESCAPE_SECRET");
  CHECK_THAT(outside, ContainsSubstring(secret));
  for (const Result* result : {&self, &init}) {
    CHECK_THAT(result->out.bytes, !ContainsSubstring(secret));
    CHECK_THAT(result->out.bytes, !ContainsSubstring("CLOCHE_"));
    CHECK_THAT(result->out.bytes, !ContainsSubstring("cloche-init"));
  }
  CHECK_THAT(self.out.bytes, ContainsSubstring("HOME=/workspace\n"));
}

TEST_CASE("pid 1 shows nothing of itself") {
  const Result result = attack({"proc", "init"});
  CHECK(answers(result.out.bytes).size() >= 180);
  CHECK(got_through(result.out.bytes) == "");
}

TEST_CASE("only the run's own processes are in /proc, and /sys is empty") {
  const Result result = attack({"proc", "listing", "/proc", "/sys"});
  CHECK(lines_of(result.out.bytes) ==
        std::set<std::string>{"/proc/2", "/proc/self", "/proc/thread-self"});
  const Result system = attack({"proc", "system"});
  CHECK(answers(system.out.bytes).size() >= 60);
  CHECK(got_through(system.out.bytes) == "");
}

TEST_CASE("nothing in /proc can be written to") {
  const Result result = attack({"proc", "writes"});
  CHECK(answers(result.out.bytes).size() >= 50);
  CHECK(got_through(result.out.bytes) == "");
}

TEST_CASE("a program stays the first to be killed when memory runs out") {
  const std::string marker = "oom-" + random_text();
  Held held({"proc", "oom", marker});
  const std::vector<pid_t> found = processes_with(marker);
  REQUIRE(found.size() == 1);
  // The value as the host sees it.
  CHECK(cloche::read_file("/proc/" + std::to_string(found[0]) + "/oom_score_adj") == "1000\n");
}

TEST_CASE("init's program cannot be overwritten from inside") {
  const std::string path = cloche::helper_path("cloche-init");
  const std::string before = cloche::read_file(path);
  const std::string image = cloche::read_file(hostile_rootfs() + "/hostile");
  for (int i = 0; i < 3; ++i) {
    const Result result = attack({"proc", "overwrite"});
    CHECK(got_through(result.out.bytes) == "");
    CHECK_THAT(result.out.bytes, ContainsSubstring("run-init E"));
  }
  CHECK(cloche::read_file(path) == before);
  CHECK(cloche::read_file(hostile_rootfs() + "/hostile") == image);
}

TEST_CASE("/dev holds five harmless devices and nothing can be added") {
  const Result list = attack({"devices", "list"});
  CHECK(lines_of(list.out.bytes) ==
        std::set<std::string>{"dev null", "dev zero", "dev full", "dev random", "dev urandom",
                              "dev fd", "dev stdin", "dev stdout", "dev stderr", "dev shm"});
  const Result make = attack({"devices", "make"});
  CHECK(answers(make.out.bytes).size() >= 100);
  CHECK(got_through(make.out.bytes) == "");
}

TEST_CASE("the devices shown cannot be changed") {
  const std::string before = devices_of_the_host();
  const Result result = attack({"devices", "use"});
  CHECK(answers(result.out.bytes).size() == 40);
  CHECK(got_through(result.out.bytes) == "");
  CHECK(devices_of_the_host() == before);
}
