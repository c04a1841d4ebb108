// A program has no privileges, and cannot become another user.
#include "sandbox/launch/identity.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "catch.h"
#include "fixture.h"
#include "util/file.h"

using cloche::Result;

namespace {

std::vector<unsigned> numbers(const std::string& text) {
  std::istringstream stream(text);
  std::vector<unsigned> all;
  for (unsigned value; stream >> value;) all.push_back(value);
  return all;
}

}  // namespace

TEST_CASE("the host sees a process without rights, of a user of its own where root launches") {
  const std::string first = "first-" + random_text(), second = "second-" + random_text();
  Held one({"identity", "hold", first}), other({"identity", "hold", second});
  std::vector<unsigned> users;
  for (const std::string& marker : {first, second}) {
    const std::vector<pid_t> found = processes_with(marker);
    REQUIRE(found.size() == 1);
    const auto status = status_of(found[0]);
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      INFO(set);
      CHECK(status.at(set) == "0000000000000000");
    }
    CHECK(status.at("NoNewPrivs") == "1");
    CHECK(status.at("Seccomp") == "2");
    const std::vector<unsigned> uids = numbers(status.at("Uid")), gids = numbers(status.at("Gid"));
    REQUIRE(uids.size() == 4);
    for (unsigned i = 1; i < 4; ++i) {
      CHECK(uids[i] == uids[0]);
      CHECK(gids[i] == gids[0]);
    }
    CHECK(uids[0] != 0);
    CHECK(gids[0] != 0);
    users.push_back(uids[0]);
    if (cloche::IdentityLease::possible()) {
      CHECK(uids[0] >= cloche::IdentityLease::kFirst);
      CHECK(status.at("Groups") == "");
      // init is another user still.
      const auto init = status_of(std::stoi(status.at("PPid")));
      CHECK(numbers(init.at("Uid"))[0] != uids[0]);
    } else {
      CHECK(uids[0] == ::geteuid());
    }
  }
  if (cloche::IdentityLease::possible()) CHECK(users[0] != users[1]);
}

TEST_CASE("a program sees itself as one user without groups, rights or core dumps") {
  const Result result = attack({"identity", "say"});
  const std::string& out = result.out.bytes;
  CHECK_THAT(out, ContainsSubstring("uids 1000 1000 1000\ngids 1000 1000 1000\n"));
  if (cloche::IdentityLease::possible()) CHECK_THAT(out, ContainsSubstring("groups 0\n"));
  CHECK_THAT(out, ContainsSubstring("no-new-privs 1\n"));
  // NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE, each locked; KEEP_CAPS locked as off.
  CHECK_THAT(out, ContainsSubstring("secure-bits ef\n"));
  CHECK_THAT(out, ContainsSubstring("seccomp 2\n"));
  CHECK_THAT(out, ContainsSubstring("core 0 0\n"));
  CHECK_THAT(out, ContainsSubstring("host cloche\n"));
  CHECK_THAT(out, !ContainsSubstring("bounding"));
  CHECK_THAT(out, !ContainsSubstring("ambient"));
}

TEST_CASE("no other identity and no right can be had") {
  // The program is user 1000 inside, so becoming 1000 gains nothing.
  const uid_t launcher = ::getuid() == 1000 ? 1001 : ::getuid();
  const Result result = attack({"identity", "become", std::to_string(launcher),
                                std::to_string(cloche::IdentityLease::kFirst), "65534"});
  CHECK(answers(result.out.bytes).size() >= 25);
  CHECK(got_through(result.out.bytes) == "");
}

TEST_CASE("a set-id program of the image or of the program's own gives nothing") {
  const std::string path = hostile_rootfs() + "/set-id";
  std::filesystem::copy_file(HOSTILE, path);
  REQUIRE(::chmod(path.c_str(), 06755) == 0);
  const Result result = attack({"identity", "set-id", "/set-id"});
  std::filesystem::remove(path);
  std::size_t runs = 0;
  for (std::size_t at = 0;
       (at = result.out.bytes.find("uids 1000 1000 1000\n", at)) != std::string::npos; ++at)
    ++runs;
  CHECK(runs == 2);
  CHECK_THAT(result.out.bytes, !ContainsSubstring("1000 0"));
}

TEST_CASE("a crash leaves no core, inside or outside") {
  const auto entries = [](const std::string& directory) {
    return std::distance(std::filesystem::directory_iterator(directory), {});
  };
  const Canary canary;
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(canary.directory());
  cloche::Sandbox sandbox(hostile_spec());
  const Result result = sandbox.exec(hostile({"identity", "dump-core"}));
  std::filesystem::current_path(before);
  CHECK(result.signal == SIGABRT);
  CHECK(result.out.bytes == "dumped 0\n");
  CHECK(sandbox.get("core") == std::nullopt);
  CHECK(sandbox.exec(hostile({"proc", "listing", "/workspace"})).out.bytes == "");
  CHECK(entries(canary.directory()) == 1);
}
