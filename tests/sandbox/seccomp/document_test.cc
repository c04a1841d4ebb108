// Reading profiles: the meaning of the formats of OCI, Docker and Podman, and the refused ones.
#include <sys/utsname.h>

#include "catch.h"
#include "cloche/error.h"
#include "sandbox/seccomp/seccomp.h"

using cloche::seccomp::Architecture;
using cloche::seccomp::Document;

namespace {

constexpr Architecture kHere = Architecture::x86_64;

Document read(const std::string& text, Architecture architecture = kHere) {
  return cloche::seccomp::read_document(text, "p", architecture);
}

// A profile that refuses everything except the calls of `rules`.
std::string with(const std::string& rules) {
  return R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [)" + rules + "]}";
}

std::string allowing(const std::string& more) {
  return with(R"({"names": ["mount"], "action": "SCMP_ACT_ALLOW")" + more + "}");
}

std::size_t rules(const std::string& text, Architecture architecture = kHere) {
  return read(text, architecture).rules.size() - 1;  // without cloche's own rule
}

void check_refused(const std::string& text, const std::string& reason) {
  INFO(text.substr(0, 300));
  try {
    read(text);
    FAIL("was read");
  } catch (const cloche::Error& error) {
    CHECK(error.kind() == cloche::ErrorKind::bad_data);
    CHECK_THAT(error.what(), ContainsSubstring("profile p: "));
    CHECK_THAT(error.what(), ContainsSubstring(reason));
  }
}

}  // namespace

TEST_CASE("broken profiles say where") {
  check_refused("{\n  \"defaultAction\": }", "line 2, column 20");
  check_refused("", "parse error");
  check_refused("{}", "\"defaultAction\" is missing");
  check_refused("[]", "must be an object");
  check_refused("17", "must be an object");
  check_refused(R"({"defaultAction": 5})", "defaultAction: must be a string");
  check_refused(R"({"defaultAction": "SCMP_ACT_DANCE"})", "SCMP_ACT_DANCE");
  check_refused(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": 7})",
                "syscalls: must be a list");
  check_refused(with("null"), "syscalls[0]: must be an object");
  check_refused(with("{}"), "syscalls[0]: \"names\" is missing or empty");
  check_refused(with(R"({"names": [], "action": "SCMP_ACT_ALLOW"})"), "missing or empty");
  check_refused(with(R"({"names": ["read"]})"), "syscalls[0]: \"action\" is missing");
  check_refused(with(R"({"names": "read", "action": "SCMP_ACT_ALLOW"})"), "names: must be a list");
  check_refused(with(R"({"names": ["read", 3], "action": "SCMP_ACT_ALLOW"})"),
                "syscalls[0].names[1]: must be a string");
  check_refused(with(R"({"names": ["Read me"], "action": "SCMP_ACT_ALLOW"})"),
                "not the name of a system call");
  check_refused(with(R"({"name": "read", "names": ["write"], "action": "SCMP_ACT_ALLOW"})"),
                "both \"name\" and \"names\"");
}

TEST_CASE("misspelt keys are errors, wherever they are") {
  check_refused(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscals": []})", "unknown key \"syscals\"");
  check_refused(allowing(R"(, "arg": [])"), "syscalls[0]: unknown key \"arg\"");
  check_refused(allowing(R"(, "args": [{"index": 0, "op": "SCMP_CMP_EQ", "val": 1}])"),
                "syscalls[0].args[0]: unknown key \"val\"");
  check_refused(allowing(R"(, "includes": {"cap": []})"), "includes: unknown key \"cap\"");
  check_refused(R"({"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"arch": ""}]})",
                "archMap[0]: unknown key \"arch\"");
}

TEST_CASE("numbers that cannot be meant are refused") {
  const auto arg = [](const std::string& index, const std::string& value,
                      const std::string& op = "SCMP_CMP_EQ") {
    return allowing(R"(, "args": [{"index": )" + index + R"(, "op": ")" + op + R"(", "value": )" +
                    value + "}]");
  };
  CHECK(rules(arg("5", "18446744073709551615")) == 1);
  check_refused(arg("6", "0"), "args[0].index: must be a whole number from 0 to 5");
  check_refused(arg("-1", "0"), "index: must be a whole number");
  check_refused(arg("0", "18446744073709551616"), "value: must be a whole number");
  check_refused(arg("0", "-1"), "value: must be a whole number");
  check_refused(arg("0", "1.5"), "value: must be a whole number");
  check_refused(arg("0", "1e999"), "profile p: ");
  check_refused(arg("0", "\"1\""), "value: must be a whole number");
  check_refused(arg("0", "1", "LIKE"), "LIKE");
  check_refused(allowing(R"(, "args": [{"index": 0, "op": "SCMP_CMP_EQ"}])"),
                "\"value\" is missing");
  check_refused(allowing(R"(, "args": [{"index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 1,
                                        "valueTwo": 2}])"),
                "it can never be equal");
}

TEST_CASE("absurd profiles are errors, not crashes") {
  check_refused(std::string(200'000, '['), "profile p: ");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  check_refused(deep, "nested too deeply");
  check_refused(std::string(2 << 20, ' '), "larger than 1 MiB");
  check_refused(std::string("{\"defaultAction\": \"\xff\"}"), "profile p: ");
  check_refused(std::string("\0\0\0", 3), "profile p: ");
}

TEST_CASE("an errno goes with the actions that return one") {
  const std::string refuse = R"({"names": ["mount"], "action": "SCMP_ACT_ERRNO")";
  const auto action = [&](const std::string& more) {
    return read(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [)" + refuse + more + "}]}")
        .rules.at(1)
        .action;
  };
  CHECK(action("") == SCMP_ACT_ERRNO(1));
  CHECK(action(R"(, "errnoRet": 38)") == SCMP_ACT_ERRNO(38));
  CHECK(action(R"(, "errnoRet": 0)") == SCMP_ACT_ERRNO(0));
  CHECK(action(R"(, "errno": "ENOSYS")") == SCMP_ACT_ERRNO(38));
  CHECK(action(R"(, "errno": "ENOSYS", "errnoRet": 38)") == SCMP_ACT_ERRNO(38));
  check_refused(with(refuse + R"(, "errno": "ENOSYS", "errnoRet": 1})"), "is not the number");
  check_refused(with(refuse + R"(, "errno": "EMUCH"})"), "no such errno: \"EMUCH\"");
  check_refused(with(refuse + R"(, "errnoRet": 4096})"), "whole number from 0 to 4095");
  check_refused(allowing(R"(, "errnoRet": 1)"), "SCMP_ACT_ALLOW returns no errno");
  check_refused(R"({"defaultAction": "SCMP_ACT_KILL", "defaultErrnoRet": 1})", "returns no errno");
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38})").fallback ==
        SCMP_ACT_ERRNO(38));
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "EACCES"})").fallback ==
        SCMP_ACT_ERRNO(13));
}

TEST_CASE("actions that need somebody else are refused, the others read") {
  const auto fallback = [](const std::string& name) {
    return read(R"({"defaultAction": "SCMP_ACT_)" + name + "\"}").fallback;
  };
  CHECK(fallback("ALLOW") == SCMP_ACT_ALLOW);
  CHECK(fallback("LOG") == SCMP_ACT_LOG);
  CHECK(fallback("TRAP") == SCMP_ACT_TRAP);
  CHECK(fallback("KILL") == SCMP_ACT_KILL_THREAD);
  CHECK(fallback("KILL_THREAD") == SCMP_ACT_KILL_THREAD);
  CHECK(fallback("KILL_PROCESS") == SCMP_ACT_KILL_PROCESS);
  check_refused(R"({"defaultAction": "SCMP_ACT_TRACE"})", "there is none");
  check_refused(R"({"defaultAction": "SCMP_ACT_NOTIFY"})", "not supported");
  check_refused(R"({"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/x"})",
                "listenerPath: a listener of one's own");
  check_refused(R"({"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_FAST"]})",
                "flags[0]: unknown flag");
  CHECK_NOTHROW(
      read(R"({"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"]})"));
}

TEST_CASE("conditions of Docker's form are read for a program without capabilities") {
  CHECK(rules(allowing("")) == 1);
  CHECK(rules(allowing(R"(, "includes": {"caps": ["CAP_SYS_ADMIN"]})")) == 0);
  CHECK(rules(allowing(R"(, "excludes": {"caps": ["CAP_SYS_ADMIN"]})")) == 1);
  CHECK(rules(allowing(R"(, "includes": {}, "excludes": null, "args": null)")) == 1);
}

TEST_CASE("conditions on the architecture and the kernel") {
  const std::string arm = allowing(R"(, "includes": {"arches": ["arm", "arm64"]})");
  CHECK(rules(arm) == 0);
  CHECK(rules(arm, Architecture::aarch64) == 1);
  const std::string no_arm = allowing(R"(, "excludes": {"arches": ["arm64"]})");
  CHECK(rules(no_arm) == 1);
  CHECK(rules(no_arm, Architecture::aarch64) == 0);

  utsname kernel{};
  ::uname(&kernel);
  int major = 0, minor = 0;
  REQUIRE(std::sscanf(kernel.release, "%d.%d", &major, &minor) == 2);
  const auto since = [&](const char* key, int a, int b) {
    return rules(allowing(std::string(", \"") + key + R"(": {"minKernel": ")" + std::to_string(a) +
                          "." + std::to_string(b) + "\"}"));
  };
  CHECK(since("includes", 4, 8) == 1);
  CHECK(since("includes", major, minor) == 1);
  CHECK(since("includes", major, minor + 1) == 0);
  CHECK(since("includes", major + 1, 0) == 0);
  CHECK(since("excludes", major, minor) == 0);
  CHECK(since("excludes", major, minor + 1) == 1);
  check_refused(allowing(R"(, "includes": {"minKernel": "new"})"), "must be a version");
  check_refused(allowing(R"(, "includes": {"minKernel": "4.8.1"})"), "must be a version");
}

TEST_CASE("several conditions on one argument are alternatives, on several they are all needed") {
  const std::string one = R"({"index": 0, "op": "SCMP_CMP_EQ", "value": 1})";
  const std::string two = R"({"index": 0, "op": "SCMP_CMP_EQ", "value": 2})";
  const std::string other = R"({"index": 1, "op": "SCMP_CMP_EQ", "value": 3})";
  const auto rule = [&](const std::string& args) {
    return read(allowing(", \"args\": [" + args + "]")).rules.at(1);
  };
  const auto both = rule(one + "," + other);
  CHECK(applies(both, {1, 3}));
  CHECK_FALSE(applies(both, {1, 4}));
  CHECK_FALSE(applies(both, {2, 3}));
  const auto any = rule(one + "," + two + "," + other);
  CHECK(applies(any, {1, 4}));
  CHECK(applies(any, {2, 4}));
  CHECK(applies(any, {5, 3}));
  CHECK_FALSE(applies(any, {5, 4}));
}

TEST_CASE("contradictions are settled as libseccomp does, or refused") {
  const std::string kill = R"({"names": ["read", "mount"], "action": "SCMP_ACT_KILL"})";
  const std::string allow = R"({"names": ["mount"], "action": "SCMP_ACT_ALLOW"})";
  const Document document = read(with(kill + "," + allow));
  REQUIRE(document.rules.size() == 2);
  CHECK(document.rules[1].action == SCMP_ACT_KILL_THREAD);
  const std::string some = R"({"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2,
                               "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}]})";
  check_refused(with(allow + "," + some), "one rule decides every call of mount");
  check_refused(with(some + "," + allow), "one rule decides every call of mount");
}

TEST_CASE("architectures are checked") {
  const auto top = [](const std::string& more) {
    return R"({"defaultAction": "SCMP_ACT_ALLOW", )" + more + "}";
  };
  CHECK_NOTHROW(read(top(R"("architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])")));
  CHECK_NOTHROW(read(top(R"("archMap": [{"architecture": "SCMP_ARCH_X86_64",
                                         "subArchitectures": ["SCMP_ARCH_X32"]}])")));
  check_refused(top(R"("architectures": ["x86"])"), "architectures[0]: unknown architecture");
  check_refused(top(R"("architectures": [], "archMap": [])"), "has both");
}
