// The environment of a program inside, and the report of its end.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"
#include "processes.h"
#include "util/fd.h"

using cloche::Command;
using cloche::Reason;
using cloche::Result;
using cloche::Sandbox;
using cloche::Spec;
using cloche::Status;

TEST_CASE("the end of a program is told as it was") {
  const Result good = run_probe({"exit", "0"});
  CHECK(good.status == Status::ok);
  CHECK(good.exit_code == 0);
  CHECK_FALSE(good.signal);
  const Result bad = run_probe({"exit", "137"});
  CHECK(bad.status == Status::runtime_error);
  CHECK(bad.exit_code == 137);
  CHECK(bad.reason_code == Reason::exited);
  // A program that kills itself is neither out of memory nor out of time.
  const Result killed = run_probe({"kill-self", "9"});
  CHECK(killed.status == Status::signaled);
  CHECK(killed.signal == SIGKILL);
  CHECK(killed.reason_code == Reason::signal);
  CHECK(killed.reason == "ended by SIGKILL");
}

TEST_CASE("a program that cannot be executed is not a failure of the sandbox") {
  Sandbox sandbox(probe_spec());
  Command command;
  command.argv = {"no-such-program"};
  const Result missing = sandbox.exec(command);
  CHECK(missing.status == Status::not_started);
  CHECK(missing.reason_code == Reason::exec_failed);
  CHECK(missing.exec_errno == ENOENT);
  CHECK_FALSE(missing.exit_code);
  command.argv = {"/etc"};
  CHECK(sandbox.exec(command).exec_errno == EACCES);
  // The sandbox still works.
  CHECK(sandbox.exec(probe({"exit", "3"})).exit_code == 3);
}

TEST_CASE("a program is an ordinary user without any privilege") {
  const Result result = run_probe({"status"});
  CHECK_THAT(result.out.bytes, ContainsSubstring("uid 1000 gid 1000 host cloche cwd /workspace\n"));
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
    CHECK_THAT(result.out.bytes, ContainsSubstring(std::string(set) + ":\t0000000000000000\n"));
  CHECK_THAT(result.out.bytes, ContainsSubstring("NoNewPrivs:\t1\n"));
  CHECK_THAT(result.out.bytes, ContainsSubstring("Seccomp:\t2\n"));
  CHECK_THAT(result.out.bytes, ContainsSubstring("\nfds 0 1 2\n"));
  // Neither init nor any process of the host is visible. The program itself is process 2.
  CHECK_THAT(result.out.bytes, ContainsSubstring("\nproc self thread-self 2\n"));
}

TEST_CASE("nothing that a way out would begin with works") {
  const Result result = run_probe({"get-out"});
  INFO(result.out.bytes);
  CHECK(result.out.bytes.find(" ok\n") == std::string::npos);
  CHECK_THAT(result.out.bytes, ContainsSubstring("clone3 ENOSYS\n"));
  CHECK_THAT(result.out.bytes, ContainsSubstring("future ENOSYS\n"));
  CHECK_THAT(result.out.bytes, ContainsSubstring("unshare-user EPERM\n"));
  CHECK_THAT(result.out.bytes, ContainsSubstring("mount EPERM\n"));
}

TEST_CASE("environment and arguments are what was given and nothing else") {
  Spec spec = probe_spec();
  spec.environment = {"A=1", "EMPTY="};
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"environment"})).out.bytes == "A=1\nEMPTY=\n");
  Command command = probe({"environment"});
  command.environment = {{"B=2"}};
  CHECK(sandbox.exec(command).out.bytes == "B=2\n");
  CHECK(sandbox.exec(probe({"arguments", "", "a b", "ü\n"})).out.bytes == "\na b\nü\n\n");
  command.argv = {"/probe", std::string("nul\0byte", 8)};
  CHECK_THROWS_AS(sandbox.exec(command), cloche::Error);
}

TEST_CASE("only the memory file systems can be written") {
  Sandbox sandbox(probe_spec());
  CHECK(sandbox.exec(probe({"write", "/etc/file"})).out.bytes == "/etc/file EROFS\n");
  CHECK(sandbox.exec(probe({"write", "/dev/file"})).out.bytes == "/dev/file EROFS\n");
  CHECK(sandbox.exec(probe({"write", "/tmp/file"})).out.bytes == "/tmp/file ok\n");
  CHECK(sandbox.exec(probe({"write", "/workspace/file"})).out.bytes == "/workspace/file ok\n");
  CHECK(sandbox.exec(probe({"write", "/dev/shm/file"})).out.bytes == "/dev/shm/file ok\n");
  CHECK(sandbox.exec(probe({"write", "/dev/null"})).out.bytes == "/dev/null ok\n");
}

TEST_CASE("the network is absent, or loopback alone") {
  CHECK(run_probe({"talk-to-self"}).out.bytes == "connect ENETUNREACH\n");
  Spec spec = probe_spec();
  spec.network = cloche::Network::loopback;
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"talk-to-self"})).out.bytes == "connect ok\n");
}

TEST_CASE("standard input comes from bytes, from a descriptor, or is empty") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"cat"});
  CHECK(sandbox.exec(command).out.bytes.empty());
  const std::string large(3 << 20, 'y');
  command.stdin_data = large;
  CHECK(sandbox.exec(command).out.bytes == large);

  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  cloche::UniqueFd reader(ends[0]), writer(ends[1]);
  REQUIRE(::write(writer.get(), "piped", 5) == 5);
  writer.reset();
  command.stdin_data = "first ";
  command.stdin_fd = reader.get();
  CHECK(sandbox.exec(command).out.bytes == "first piped");
  // A program that does not read its input neither blocks the launcher nor raises SIGPIPE in it.
  command = probe({"exit", "0"});
  command.stdin_data = large;
  command.stdin_fd = reader.get();
  CHECK(sandbox.exec(command).status == Status::ok);
}

TEST_CASE("files outlive an execution, processes do not") {
  Sandbox sandbox(probe_spec());
  CHECK(sandbox.exec(probe({"write", "kept"})).out.bytes == "kept ok\n");
  CHECK(sandbox.exec(probe({"leave-behind", "marker-left-behind"})).status == Status::ok);
  CHECK_FALSE(any_process_with("marker-left-behind"));
  CHECK(sandbox.exec(probe({"stat", "kept"})).out.bytes == "kept ok\n");
}

TEST_CASE("two sandboxes share nothing") {
  Sandbox one(probe_spec()), other(probe_spec());
  CHECK(one.exec(probe({"write", "/tmp/file"})).status == Status::ok);
  CHECK(other.exec(probe({"stat", "/tmp/file"})).out.bytes == "/tmp/file ENOENT\n");
}

TEST_CASE("a bind shows a host path, read-only") {
  Spec spec = probe_spec();
  spec.binds = {{probe_rootfs() + "/etc", "/bound"}, {PROBE, "/workspace/made/probe"}};
  // A target on a tmpfs is made; one in the image must exist.
  spec.binds.pop_back();
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"write", "/bound/file"})).out.bytes == "/bound/file EROFS\n");
}

TEST_CASE("a run can be ended from outside") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  cloche::UniqueFd reader(ends[0]), writer(ends[1]);
  Sandbox sandbox(probe_spec());
  Command command = probe({"converse", "3", "1000000"});
  command.cancel_fd = reader.get();
  command.channel = cloche::Channel{3, "hello\n", [&](std::string_view) {
                                      writer.reset();  // makes the other end readable
                                      return std::string("\n");
                                    }};
  const Result result = sandbox.exec(command);
  CHECK(result.status == Status::cancelled);
  CHECK(result.reason_code == Reason::cancelled);
}
