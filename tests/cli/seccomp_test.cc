// `cloche seccomp`.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "program.h"
#include "util/file.h"

using Catch::Matchers::StartsWith;

namespace {

using nlohmann::json;

Ended seccomp(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "seccomp");
  return run_cloche(arguments);
}

Ended explain(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"explain", "--arch", "x86_64"});
  return seccomp(arguments);
}

json explain_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "--json");
  const Ended ended = explain(arguments);
  CHECK(ended.status == 0);
  return json::parse(ended.out);
}

class File {
 public:
  explicit File(const std::string& content)
      : path("/tmp/cloche-seccomp-" + std::to_string(::getpid()) + ".json") {
    cloche::replace_file(path, content);
  }
  ~File() { ::unlink(path.c_str()); }

  const std::string path;
};

}  // namespace

TEST_CASE("seccomp explain says what becomes of a call") {
  CHECK_THAT(explain({"getpid"}).out, StartsWith("getpid (number 39 on x86_64): allowed\n    "));
  CHECK(explain({"bpf"}).out == "bpf (number 321 on x86_64): refused with EPERM\n");
  CHECK_THAT(explain({"clone3"}).out, ContainsSubstring("refused with ENOSYS\n    Its flags"));
  CHECK_THAT(explain({"sync"}).out, ContainsSubstring("not done, and answered with success"));
  CHECK_THAT(explain({"--profile", "strict", "fork"}).out, ContainsSubstring("kills the process"));
  CHECK_THAT(explain({"900"}).out, ContainsSubstring("refused with ENOSYS\n    The call is newer"));
}

TEST_CASE("seccomp explain gives conditions in words, and decides for arguments") {
  const std::string clone = explain({"clone"}).out;
  CHECK_THAT(clone, StartsWith("clone (number 56 on x86_64)\n  allowed if\n"
                               "       argument 0 has none of the bits 0x7e020000\n"
                               "    New processes"));
  CHECK_THAT(clone, ContainsSubstring("\n  otherwise refused with EPERM\n"));
  CHECK_THAT(explain({"clone", "17"}).out, StartsWith("clone (number 56 on x86_64): allowed\n"));
  CHECK_THAT(explain({"clone", "0x10000000"}).out,
             StartsWith("clone (number 56 on x86_64): refused with EPERM\n  allowed if\n"));
  CHECK_THAT(explain({"socket", "2", "01", "6"}).out, ContainsSubstring(": allowed\n"));
  CHECK_THAT(explain({"socket", "2", "01", "132"}).out, ContainsSubstring(": refused with"));
  CHECK_THAT(explain({"personality", "0xffffffff"}).out, ContainsSubstring(": allowed\n"));
  CHECK_THAT(explain({"personality", "-1"}).out, ContainsSubstring(": refused with"));
  CHECK_THAT(explain({"ioctl"}).out,
             ContainsSubstring("argument 1 is 0x80045430 (its lower 32 bits)\n"));
  CHECK_THAT(explain({"seccomp", "1", "8"}).out, ContainsSubstring("refused with EBUSY\n    No"));
}

TEST_CASE("seccomp explain knows the other ways into the kernel") {
  CHECK_THAT(seccomp({"explain", "--arch", "aarch64", "openat", "0", "0", "0"}).out,
             StartsWith("openat (number 56 on aarch64): allowed"));
  CHECK_THAT(seccomp({"explain", "--arch", "x86", "getpid"}).out,
             StartsWith("getpid (number 20 on x86): kills the process\n"));
  CHECK_THAT(seccomp({"explain", "--arch", "x32", "getpid"}).out,
             StartsWith("getpid (number 1073741863 on x32): kills the process\n"));
}

TEST_CASE("seccomp explain as JSON") {
  const json refused = explain_json({"mount"});
  CHECK(refused["profile"] == "default");
  CHECK(refused["number"] == 165);
  CHECK(refused["result"] == "refused");
  CHECK(refused["errno"] == 1);
  CHECK(refused["errnoName"] == "EPERM");
  const json conditional = explain_json({"prlimit64"});
  CHECK(conditional["result"] == "conditional");
  CHECK(conditional["cases"][0]["result"] == "allowed");
  CHECK(conditional["cases"][0]["when"][0] == "argument 0 is 0 (its lower 32 bits)");
  CHECK(conditional["otherwise"]["result"] == "refused");
  CHECK(explain_json({"--profile", "strict", "fork"})["result"] == "killed");
}

TEST_CASE("seccomp explain refuses what makes no sense") {
  const auto refused = [](std::vector<std::string> arguments, int status,
                          const std::string& reason) {
    const Ended ended = explain(std::move(arguments));
    CHECK(ended.status == status);
    CHECK_THAT(ended.err, ContainsSubstring(reason));
  };
  refused({"no_such_call"}, 64, "no such call is known");
  refused({"read", "x"}, 64, "read the argument x");
  refused({"read", "1x"}, 64, "read the argument 1x");
  refused({"read", "18446744073709551616"}, 64, "read the argument");
  refused({"read", "1", "2", "3", "4", "5", "6", "7"}, 64, "at most 6 arguments");
  refused({"--profile", "no-such", "read"}, 66, "no-such");
  refused({}, 64, "SYSCALL");
  const Ended arch = seccomp({"explain", "--arch", "vax", "read"});
  CHECK(arch.status == 64);
  CHECK_THAT(arch.err, ContainsSubstring("x86_64, aarch64, x86, x32"));
  CHECK(seccomp({"explain", "--arch", "aarch64", "open"}).status == 64);
}

TEST_CASE("seccomp list names the profiles") {
  const Ended list = seccomp({"list"});
  CHECK(list.status == 0);
  for (const char* name : {"build    For ", "default  For ", "strict   For "})
    CHECK_THAT(list.out, ContainsSubstring(name));
  CHECK(seccomp({"list", "--names"}).out == "build\ndefault\nstrict\n");
}

TEST_CASE("seccomp check tells usable profiles from others") {
  const Ended shipped = seccomp({"check", "default"});
  CHECK(shipped.status == 0);
  CHECK_THAT(shipped.out, ContainsSubstring("instructions, other calls: refused with EPERM\n"));
  {
    const File own(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["uname", "unmae"], "action": "SCMP_ACT_ERRNO"}]})");
    const Ended good = seccomp({"check", own.path});
    CHECK(good.status == 0);
    CHECK_THAT(good.out, ContainsSubstring("unknown call, so without effect: unmae\n"));
    CHECK(explain({"--profile", own.path, "uname"}).out ==
          "uname (number 63 on x86_64): refused with EPERM\n");
  }
  {
    const File broken(R"({"defaultAction": "SCMP_ACT_ERRNO", "sycalls": []})");
    const Ended bad = seccomp({"check", broken.path});
    CHECK(bad.status == 65);
    CHECK_THAT(bad.err, ContainsSubstring("unknown key \"sycalls\""));
  }
  {
    const File closed(R"({"defaultAction": "SCMP_ACT_ERRNO"})");
    CHECK_THAT(seccomp({"check", closed.path}).err, ContainsSubstring("it refuses close_range"));
  }
  CHECK(seccomp({"check", "/nonexistent.json"}).status == 66);
}
