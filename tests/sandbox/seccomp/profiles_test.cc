// The shipped profiles: evaluates their compiled programs for every call of both architectures.
#include <algorithm>
#include <filesystem>
#include <random>

#include "catch.h"
#include "sandbox/dangerous_calls.h"
#include "sandbox/seccomp/evaluate.h"
#include "sandbox/seccomp/seccomp.h"
#include "util/file.h"
#include "util/paths.h"

namespace seccomp = cloche::seccomp;
using seccomp::Architecture;

namespace {

constexpr Architecture kBoth[] = {Architecture::x86_64, Architecture::aarch64};

struct Profile {
  std::string name, text;
};

std::vector<Profile> profiles() {
  std::vector<Profile> all;
  for (const char* name : {"default", "strict", "build"})
    all.push_back({name, cloche::read_file(seccomp::profile_path(name))});
  return all;
}

using Arguments = std::vector<std::uint64_t>;

seccomp_data call_of(std::uint32_t audit_number, int number, const Arguments& arguments) {
  seccomp_data call{};
  call.arch = audit_number;
  call.nr = number;
  std::copy(arguments.begin(), arguments.end(), call.args);
  return call;
}

std::uint32_t answer(const std::string& program, Architecture architecture, int number,
                     const Arguments& arguments = {}) {
  return seccomp::evaluate(program,
                           call_of(seccomp::audit_number(architecture), number, arguments));
}

std::uint32_t answer(const std::string& program, Architecture architecture, const std::string& name,
                     const Arguments& arguments = {}) {
  const int number = seccomp::call_number(name, architecture);
  REQUIRE(number >= 0);
  return answer(program, architecture, number, arguments);
}

bool allowed(const std::string& program, const std::string& name, const Arguments& arguments = {}) {
  return seccomp::allows(answer(program, Architecture::x86_64, name, arguments));
}

// The action of the rules, without compiling them.
std::uint32_t meant(const seccomp::Document& document, const std::string& name,
                    const Arguments& arguments) {
  std::uint64_t six[6] = {};
  std::copy(arguments.begin(), arguments.end(), six);
  for (const seccomp::Rule& rule : document.rules)
    if (std::find(rule.names.begin(), rule.names.end(), name) != rule.names.end() &&
        applies(rule, six))
      return rule.action;
  return document.fallback;
}

// Arguments at and around the borders of every condition on a call, and some others.
std::vector<Arguments> telling_arguments(const seccomp::Document& document, const std::string& name,
                                         std::mt19937_64& random) {
  std::vector<Arguments> all = {Arguments(6, 0), Arguments(6, ~0ull), Arguments(6, 1)};
  for (const seccomp::Rule& rule : document.rules) {
    if (std::find(rule.names.begin(), rule.names.end(), name) == rule.names.end()) continue;
    for (const auto& alternative : rule.alternatives) {
      Arguments fitting(6, 0);
      for (const seccomp::Condition& each : alternative)
        fitting[each.index] = each.op == SCMP_CMP_MASKED_EQ ? each.value_two : each.value;
      all.push_back(fitting);
      // Values of one argument in the place of another: conditions must not mix them up.
      for (const seccomp::Condition& each : alternative)
        for (unsigned other = 0; other < 4; ++other) {
          all.push_back(fitting);
          all.back()[other] = fitting[each.index];
          for (const Arguments& before : {all[0], all[2]}) {
            all.push_back(before);
            all.back()[other] = fitting[each.index];
          }
        }
      for (const seccomp::Condition& each : alternative)
        for (const std::uint64_t change : std::initializer_list<std::uint64_t>{
                 1, 2, 1ull << 31, 1ull << 32, 1ull << 63, random()}) {
          all.push_back(fitting);
          all.back()[each.index] ^= change;
        }
    }
  }
  return all;
}

void check_compiled_as_meant(const std::string& text, const std::string& name,
                             Architecture architecture) {
  const seccomp::Document document = seccomp::read_document(text, name, architecture);
  const std::string program = seccomp::compile(text, name, architecture).program;
  std::mt19937_64 random(1);
  unsigned named = 0;
  int newest = 0;
  for (int number = 0; number < 1024; ++number)
    if (!seccomp::call_name(number, architecture).empty()) newest = number;
  for (int number = 0; number < 1024; ++number) {
    const std::string call = seccomp::call_name(number, architecture);
    named += call.empty() ? 0 : 1;
    for (const Arguments& arguments : telling_arguments(document, call, random)) {
      std::uint32_t expected = meant(document, call, arguments);
      if (number > newest) expected = SCMP_ACT_ERRNO(ENOSYS);
      const std::uint32_t got = answer(program, architecture, number, arguments);
      if (got == expected) continue;  // thousands of passed checks would take long
      INFO(name << " " << call << " " << number << ": " << arguments[0] << " " << arguments[1]
                << " " << arguments[2] << " " << arguments[3]);
      CHECK(got == expected);
    }
  }
  CHECK(named > 250);
}

}  // namespace

TEST_CASE("profiles are compiled to what they say") {
  for (const Profile& profile : profiles())
    for (const Architecture each : kBoth) check_compiled_as_meant(profile.text, profile.name, each);
}

TEST_CASE("every comparison is compiled to what it says") {
  for (const std::string value : {"0", "7", "4294967295", "4294967296", "34359738375",
                                  "9223372036854775808", "18446744073709551615"})
    for (const std::string op : {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"})
      for (const std::string action : {"ALLOW", "KILL"}) {
        const std::string comparison = R"({"index": 3, "op": "SCMP_CMP_)" + op + R"(", "value": )" +
                                       value + R"(, "valueTwo": )" +
                                       (op == "MASKED_EQ" ? value : "0") + "}";
        const std::string other = R"({"index": 0, "op": "SCMP_CMP_GE", "value": 4294967301})";
        check_compiled_as_meant(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            {"names": ["read"], "action": "SCMP_ACT_)" +
                                    action + R"(", "args": [)" + comparison +
                                    R"(]}, {"names": ["write"], "action": "SCMP_ACT_LOG",
                                    "args": [)" +
                                    comparison + "," + other + "]}]}",
                                op + " " + value, Architecture::x86_64);
      }
}

TEST_CASE("a profile that becomes too long for the kernel is an error") {
  std::string args;
  for (int i = 0; i < 1100; ++i)
    args += (i == 0 ? "" : ",") + std::string(R"({"index": 0, "op": "SCMP_CMP_EQ", "value": )") +
            std::to_string(i) + "}";
  const std::string text =
      R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"],
          "action": "SCMP_ACT_ALLOW", "args": [)" +
      args + "]}]}";
  CHECK_THROWS_WITH(seccomp::compile(text, "p"), ContainsSubstring("takes at most 4096"));
}

TEST_CASE("the profile that Podman uses is read and compiled") {
  const std::string path = "/usr/share/containers/seccomp.json";
  if (!std::filesystem::exists(path)) {
    WARN(path << " is not installed");
    return;
  }
  const std::string text = cloche::read_file(path);
  for (const Architecture each : kBoth) check_compiled_as_meant(text, path, each);
  const seccomp::Compiled compiled = seccomp::compile(text, path, Architecture::x86_64);
  CHECK(compiled.fallback == SCMP_ACT_ERRNO(ENOSYS));
  seccomp::check_usable(compiled.program, path);
  CHECK(allowed(compiled.program, "read"));
  CHECK_FALSE(allowed(compiled.program, "bpf"));
  CHECK(answer(compiled.program, Architecture::x86_64, "socket", {16, 3, 9}) ==
        SCMP_ACT_ERRNO(EINVAL));
  CHECK(allowed(compiled.program, "socket", {16, 3, 0}));
}

TEST_CASE("dangerous calls are refused by every profile on both architectures") {
  unsigned checked = 0;
  for (const Profile& profile : profiles())
    for (const Architecture each : kBoth) {
      const std::string program = seccomp::compile(profile.text, profile.name, each).program;
      for (const DangerousCall& call : dangerous_calls()) {
        const int number = seccomp::call_number(call.name, each);
        if (number < 0) continue;
        INFO(profile.name << " " << call.name << " "
                          << (call.arguments.empty() ? 0 : call.arguments[0]));
        CHECK_FALSE(seccomp::allows(answer(program, each, number, call.arguments)));
        ++checked;
      }
    }
  CHECK(checked > 600);
}

TEST_CASE("only the profile build lets a program look into other processes") {
  for (const Profile& profile : profiles())
    for (const char* name :
         {"ptrace", "process_vm_readv", "process_vm_writev", "mbind", "io_setup", "io_submit"}) {
      INFO(profile.name << " " << name);
      CHECK(allowed(seccomp::compile(profile.text, profile.name, Architecture::x86_64).program,
                    name) == (profile.name == "build"));
    }
}

TEST_CASE("the other ways into the kernel are closed for every call") {
  for (const Profile& profile : profiles()) {
    const std::string program =
        seccomp::compile(profile.text, profile.name, Architecture::x86_64).program;
    bool all_killed = true;
    for (int number = 0; number < 1024; ++number)
      for (const auto& [audit_number, bit] : {std::pair{SCMP_ARCH_X86, 0},
                                              {SCMP_ARCH_X86_64, 0x40000000},
                                              {SCMP_ARCH_AARCH64, 0},
                                              {SCMP_ARCH_ARM, 0}})
        all_killed = all_killed &&
                     seccomp::evaluate(program, call_of(static_cast<std::uint32_t>(audit_number),
                                                        number | bit, {})) == SCMP_ACT_KILL_PROCESS;
    CHECK(all_killed);
    const std::string arm =
        seccomp::compile(profile.text, profile.name, Architecture::aarch64).program;
    CHECK(seccomp::evaluate(arm, call_of(SCMP_ARCH_ARM, 4, {})) == SCMP_ACT_KILL_PROCESS);
    CHECK(seccomp::evaluate(arm, call_of(SCMP_ARCH_X86_64, 1, {})) == SCMP_ACT_KILL_PROCESS);
  }
}

TEST_CASE("calls that libraries try first get an answer with which programs continue") {
  for (const Profile& profile : profiles())
    for (const Architecture each : kBoth) {
      INFO(profile.name);
      const std::string program = seccomp::compile(profile.text, profile.name, each).program;
      CHECK(answer(program, each, "clone3") == SCMP_ACT_ERRNO(ENOSYS));
      CHECK(answer(program, each, "openat2") == SCMP_ACT_ERRNO(ENOSYS));
      CHECK(answer(program, each, 900) == SCMP_ACT_ERRNO(ENOSYS));
      for (const char* name : {"rseq", "set_robust_list", "prlimit64", "statx", "getrandom",
                               "faccessat2", "membarrier", "sched_getaffinity", "futex"})
        CHECK(seccomp::allows(answer(program, each, name)));
      CHECK(seccomp::allows(answer(program, each, "clone", {0x3d0f00})));  // a thread
      CHECK(seccomp::allows(answer(program, each, "ioctl", {1, 0x5401})));
    }
}

TEST_CASE("the calls of ordinary programs are allowed") {
  for (const char* name : {"default", "build"}) {
    const std::string program =
        seccomp::compile(cloche::read_file(seccomp::profile_path(name)), name, Architecture::x86_64)
            .program;
    INFO(name);
    CHECK(allowed(program, "clone", {0x1200011}));  // fork, in glibc
    CHECK(allowed(program, "sched_setaffinity", {0, 8}));
    CHECK(allowed(program, "sched_setaffinity", {77, 8}));  // a thread of its own
    CHECK(allowed(program, "vfork"));
    CHECK(allowed(program, "execve"));
    CHECK(allowed(program, "socket", {1, 0x80801, 0}));
    CHECK(allowed(program, "socket", {2, 0x80801, 6}));
    CHECK(allowed(program, "socket", {2, 0x80801, 0}));
    CHECK(allowed(program, "socket", {10, 0x80002, 17}));
    CHECK(allowed(program, "socket", {16, 0x80003, 0}));
    CHECK(allowed(program, "socketpair", {1, 0x80001, 0}));
    CHECK(allowed(program, "openat", {~0ull - 99, 0, 0101, 0644}));
    CHECK(allowed(program, "openat", {0, 0, 0, 0xdeadbeef}));  // no file is made
    CHECK(allowed(program, "open", {0, 0101, 01777}));
    CHECK(allowed(program, "chmod", {0, 01777}));
    CHECK(allowed(program, "mkdir", {0, 02775}));  // the kernel itself drops the bits
    CHECK(allowed(program, "mknod", {0, 0100644}));
    CHECK(allowed(program, "mknod", {0, 0644}));
    CHECK(allowed(program, "mknodat", {0, 0, 0010644}));
    CHECK(allowed(program, "mknodat", {0, 0, 0140755}));
    CHECK(allowed(program, "prctl", {15, 0}));
    CHECK(allowed(program, "prctl", {0x53564d41, 0}));
    CHECK(allowed(program, "seccomp", {1, 1, 0}));
    CHECK(allowed(program, "setpriority", {0, 0, 5}));
    CHECK(allowed(program, "ioctl", {0, 0xffffffff80045430}));  // as musl passes it
    CHECK(answer(program, Architecture::x86_64, "sync") == SCMP_ACT_ERRNO(0));
  }
}

TEST_CASE("the strict profile has no processes, sockets or changes of files") {
  const std::string text = cloche::read_file(seccomp::profile_path("strict"));
  for (const Architecture each : kBoth) {
    const seccomp::Compiled compiled = seccomp::compile(text, "strict", each);
    CHECK(compiled.fallback == SCMP_ACT_KILL_PROCESS);
    const auto said = [&](const char* name, const Arguments& arguments = {}) {
      return answer(compiled.program, each, name, arguments);
    };
    for (const char* name : {"execve", "connect", "bind", "socketpair", "ptrace", "mq_open",
                             "shmget", "inotify_init1", "setsid", "pidfd_open", "splice"})
      CHECK(said(name) == SCMP_ACT_KILL_PROCESS);
    CHECK(said("clone", {17}) == SCMP_ACT_KILL_PROCESS);
    CHECK(said("clone", {0x1200011}) == SCMP_ACT_KILL_PROCESS);
    CHECK(said("socket", {2, 1, 0}) == SCMP_ACT_KILL_PROCESS);
    CHECK(said("socket", {1, 1, 0}) == SCMP_ACT_ERRNO(EAFNOSUPPORT));
    CHECK(said("openat", {0, 0, 02000000}) == SCMP_ACT_ALLOW);
    for (const std::uint64_t flags : {1u, 2u, 0101u, 01001u, 020200002u})
      CHECK(said("openat", {0, 0, flags}) == SCMP_ACT_ERRNO(EROFS));
    CHECK(said("unlinkat") == SCMP_ACT_ERRNO(EROFS));
    CHECK(said("execveat", {1000, 0, 0, 0, 4096}) == SCMP_ACT_ALLOW);
    CHECK(said("execveat", {999, 0, 0, 0, 4096}) == SCMP_ACT_KILL_PROCESS);
    CHECK(said("execveat", {1000, 0, 0, 0, 0}) == SCMP_ACT_KILL_PROCESS);
    CHECK(said("execveat", {1000, 0, 0, 0, 4096 | 256}) == SCMP_ACT_KILL_PROCESS);
  }
  const std::string open = seccomp::compile(text, "strict", Architecture::x86_64).program;
  CHECK(answer(open, Architecture::x86_64, "fork") == SCMP_ACT_KILL_PROCESS);
  CHECK(answer(open, Architecture::x86_64, "vfork") == SCMP_ACT_KILL_PROCESS);
  CHECK(answer(open, Architecture::x86_64, "open", {0, 0102}) == SCMP_ACT_ERRNO(EROFS));
}

TEST_CASE("build allows all that default does") {
  const auto all = profiles();
  for (const Architecture each : kBoth) {
    const seccomp::Document document = seccomp::read_document(all[0].text, "default", each);
    const std::string narrow = seccomp::compile(all[0].text, "default", each).program;
    const std::string wide = seccomp::compile(all[2].text, "build", each).program;
    std::mt19937_64 random(1);
    for (int number = 0; number < 1024; ++number) {
      const std::string name = seccomp::call_name(number, each);
      for (const Arguments& arguments : telling_arguments(document, name, random))
        if (seccomp::allows(answer(narrow, each, number, arguments)) &&
            !seccomp::allows(answer(wide, each, number, arguments)))
          FAIL_CHECK(name);
    }
  }
}

TEST_CASE("a profile under which nothing could start is refused by name") {
  const auto check = [](const std::string& rules) {
    const std::string text = R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [)" + rules + "]}";
    seccomp::check_usable(seccomp::compile(text, "p").program, "p");
  };
  CHECK_NOTHROW(check(""));
  for (const std::string name : {"close_range", "dup3", "fcntl", "write", "exit", "exit_group"})
    CHECK_THROWS_WITH(check(R"({"names": [")" + name + R"("], "action": "SCMP_ACT_ERRNO"})"),
                      ContainsSubstring("profile p: it refuses " + name + ","));
  // One of the two calls that execute programs is enough.
  CHECK_NOTHROW(check(R"({"names": ["execve"], "action": "SCMP_ACT_KILL"})"));
  CHECK_THROWS_WITH(check(R"({"names": ["execve", "execveat"], "action": "SCMP_ACT_KILL"})"),
                    ContainsSubstring("it refuses execve,"));
}

TEST_CASE("a profile tells how programs are to be started") {
  const auto by_descriptor = [](const char* name) {
    return seccomp::exec_by_descriptor(
        seccomp::compile(cloche::read_file(seccomp::profile_path(name)), name).program);
  };
  CHECK_FALSE(by_descriptor("default"));
  CHECK_FALSE(by_descriptor("build"));
  CHECK(by_descriptor("strict"));
}
