#include "sandbox/seccomp.h"

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"
#include "util/file.h"
#include "util/paths.h"

using cloche::seccomp::compile;

TEST_CASE("the shipped profile compiles") {
  const std::string path = cloche::data_path("profiles/seccomp/default.json");
  const std::string program = compile(cloche::read_file(path), path);
  CHECK(program.size() % 8 == 0);
  CHECK(program.size() > 100 * 8);
}

TEST_CASE("broken profiles say where") {
  CHECK_THROWS_WITH(compile("{\n  \"defaultAction\": }", "p"),
                    ContainsSubstring("line 2, column 20"));
  CHECK_THROWS_WITH(compile("{}", "p"), ContainsSubstring("defaultAction"));
  CHECK_THROWS_WITH(compile(R"({"defaultAction": "SCMP_ACT_DANCE"})", "p"),
                    ContainsSubstring("SCMP_ACT_DANCE"));
  CHECK_THROWS_WITH(compile(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"],
               "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "LIKE"}]}]})",
                            "p"),
                    ContainsSubstring("LIKE"));
}

TEST_CASE("conditions of Docker's form are read for a program without capabilities") {
  const std::string head = R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [)";
  const std::string plain = R"({"names": ["mount"], "action": "SCMP_ACT_ALLOW"}]})";
  const std::string capable =
      R"({"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]})";
  const std::string incapable =
      R"({"names": ["mount"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]})";
  const std::string empty = compile(R"({"defaultAction": "SCMP_ACT_ERRNO"})", "p");
  CHECK(compile(head + plain, "p") != empty);
  CHECK(compile(head + capable, "p") == empty);
  CHECK(compile(head + incapable, "p") == compile(head + plain, "p"));
}

TEST_CASE("a profile of one's own decides") {
  const std::string path = probe_rootfs() + "-profile.json";
  cloche::replace_file(path, R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
      {"names": ["uname"], "action": "SCMP_ACT_KILL_PROCESS"}]})");
  cloche::Spec spec = probe_spec();
  spec.seccomp = path;
  cloche::Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"exit", "0"})).exit_code == 0);
  const cloche::Result result = sandbox.exec(probe({"status"}));
  CHECK(result.status == cloche::Status::syscall_denied);
  CHECK(result.reason == "made the system call uname, which its profile does not allow");
  ::remove(path.c_str());
}
