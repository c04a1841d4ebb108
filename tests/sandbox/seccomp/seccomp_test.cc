// Loading filters, and keeping them in the cache.
#include "sandbox/seccomp/seccomp.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "cloche/error.h"
#include "sandbox/fixture.h"
#include "util/file.h"
#include "util/paths.h"

namespace fs = std::filesystem;
namespace seccomp = cloche::seccomp;

namespace {

std::string bytes(const seccomp::Filter& filter) {
  return cloche::read_all(filter.program.get(), "a filter");
}

// A profile that no other test uses, and its entry in the cache.
class UniqueProfile {
 public:
  explicit UniqueProfile(const std::string& what)
      : mark_(what + " of " + std::to_string(::getpid())), path_(probe_rootfs() + "-unique.json") {
    cloche::replace_file(path_, R"({"comment": ")" + mark_ +
                                    R"(", "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                                    {"names": ["uname"], "action": "SCMP_ACT_ERRNO"}]})");
  }
  ~UniqueProfile() {
    ::unlink(path_.c_str());
    const std::string entry = entry_path();
    if (!entry.empty()) ::unlink(entry.c_str());
  }

  const std::string& path() const { return path_; }

  std::string entry_path() const {
    for (const auto& each : fs::directory_iterator(cloche::cache_path() + "/seccomp"))
      if (cloche::read_file(each.path()).find(mark_) != std::string::npos) return each.path();
    return "";
  }

 private:
  std::string mark_, path_;
};

}  // namespace

TEST_CASE("the shipped profiles load") {
  for (const char* name : {"default", "strict", "build"}) {
    const seccomp::Filter filter = seccomp::load(name);
    const std::string program = bytes(filter);
    CHECK(program.size() % 8 == 0);
    CHECK(program.size() > 100 * 8);
    CHECK(filter.exec_by_descriptor == (name == std::string("strict")));
    CHECK(filter.fallback == (name == std::string("strict") ? 0x80000000 : 0x00050001));
  }
  CHECK_THROWS_WITH(seccomp::load("no-such-profile"), ContainsSubstring("no-such-profile"));
}

TEST_CASE("a filter is the same from the cache") {
  const UniqueProfile profile("same");
  const seccomp::Filter first = seccomp::load(profile.path());
  REQUIRE_FALSE(profile.entry_path().empty());
  const seccomp::Filter second = seccomp::load(profile.path());
  CHECK(bytes(first) == bytes(second));
  CHECK(first.fallback == second.fallback);
  CHECK(first.fallback == 0x00050001);  // of refused calls, not of allowed ones
  CHECK(first.exec_by_descriptor == second.exec_by_descriptor);
}

TEST_CASE("an entry of the cache that somebody else could have written is not used") {
  const UniqueProfile profile("trust");
  const std::string genuine = bytes(seccomp::load(profile.path()));
  const std::string entry = profile.entry_path();
  std::string content = cloche::read_file(entry);
  // Changes the last instruction, a return, to a value that no filter returns, so that it is
  // recognized.
  content.replace(content.size() - 4, 4, std::string(4, '\1'));
  const auto tampered = [&] { return bytes(seccomp::load(profile.path())) != genuine; };
  cloche::replace_file(entry, content);
  CHECK(tampered());  // an entry of this user is trusted; otherwise the rest would show nothing

  for (const mode_t mode : {0664, 0646}) {
    cloche::replace_file(entry, content);
    REQUIRE(::chmod(entry.c_str(), mode) == 0);
    CHECK_FALSE(tampered());
    CHECK(cloche::read_file(entry) != content);  // and replaced
  }
  if (::geteuid() == 0) {
    cloche::replace_file(entry, content);
    REQUIRE(::chown(entry.c_str(), 65534, 65534) == 0);
    CHECK_FALSE(tampered());
  }
  const std::string elsewhere = probe_rootfs() + "-entry";
  cloche::replace_file(elsewhere, content);
  ::unlink(entry.c_str());
  REQUIRE(::symlink(elsewhere.c_str(), entry.c_str()) == 0);
  CHECK_FALSE(tampered());
  ::unlink(elsewhere.c_str());
  // Damaged entries are not used either.
  cloche::replace_file(entry, content.substr(0, content.size() - 3));
  CHECK_FALSE(tampered());
  cloche::replace_file(entry, content.substr(0, 20));
  CHECK_FALSE(tampered());
}

TEST_CASE("a profile of one's own decides") {
  const std::string path = probe_rootfs() + "-profile.json";
  cloche::replace_file(path, R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
      {"names": ["uname"], "action": "SCMP_ACT_KILL_PROCESS"}]})");
  cloche::Spec spec = probe_spec();
  spec.seccomp = path;
  cloche::Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"exit", "0"})).exit_code == 0);
  const cloche::Result denied = sandbox.exec(probe({"status"}));
  CHECK(denied.status == cloche::Status::syscall_denied);
  CHECK(denied.reason_code == cloche::Reason::denied_call);
  CHECK(denied.reason == "made the system call uname, which its profile does not allow");
  CHECK(denied.denied_syscalls == std::map<std::string, std::uint64_t>{{"uname", 1}});
  ::remove(path.c_str());
}

TEST_CASE("a sandbox says which profile cannot be used") {
  const std::string path = probe_rootfs() + "-profile.json";
  cloche::replace_file(path, R"({"defaultAction": "SCMP_ACT_ERRNO"})");
  cloche::Spec spec = probe_spec();
  spec.seccomp = path;
  try {
    cloche::Sandbox sandbox(spec);
    FAIL("was made");
  } catch (const cloche::Error& error) {
    CHECK(error.kind() == cloche::ErrorKind::bad_data);
    CHECK_THAT(error.what(), ContainsSubstring(path + ": it refuses close_range"));
  }
  ::remove(path.c_str());
}
