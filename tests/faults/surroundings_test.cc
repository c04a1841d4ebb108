// Launchers that are started in odd states: closed streams, ignored signals, no directory.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>

#include "../processes.h"
#include "../sandbox/fixture.h"
#include "catch.h"
#include "start.h"

namespace {

std::vector<std::string> probe_of(std::vector<std::string> arguments) {
  std::vector<std::string> all = {"exec", "--rootfs", probe_rootfs(), "--", "/probe"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

}  // namespace

TEST_CASE("streams that the caller closed stay closed to the program and the launcher") {
  for (int closed = 1; closed < 8; ++closed) {
    CAPTURE(closed);
    const Prepared run = run_prepared(probe_of({"status"}), [=] {
      for (int fd = 0; fd < 3; ++fd)
        if (closed >> fd & 1) ::close(fd);
    });
    CHECK_FALSE(run.hung);
    if ((closed & 2) != 0) {
      // The output must not be written anywhere, and especially not into a descriptor of the
      // launcher.
      CHECK(run.status == 125);
      if ((closed & 4) == 0)
        CHECK(run.err == "cloche: cannot write standard output: Bad file descriptor\n");
    } else {
      CHECK(run.status == 0);
      CHECK_THAT(run.out, ContainsSubstring("\nfds 0 1 2\n"));
    }
    // Without output nothing can fail.
    const Prepared silent = run_prepared(probe_of({"exit", "5"}), [=] {
      for (int fd = 0; fd < 3; ++fd)
        if (closed >> fd & 1) ::close(fd);
    });
    CHECK(silent.status == 5);
  }
}

TEST_CASE("a reader that goes away ends the run") {
  const std::string marker = "marker-pipe-" + std::to_string(::getpid());
  const Prepared run = run_prepared(probe_of({"flood", "1", "100000000", marker}), [] {
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(201);
    ::dup2(ends[1], 1);
    ::close(ends[0]);
    ::close(ends[1]);
  });
  CHECK_FALSE(run.hung);
  CHECK(run.status == 125);
  CHECK(run.err == "cloche: cannot write standard output: Broken pipe\n");
  CHECK(comes_true([&] { return !any_process_with(marker); }));
}

TEST_CASE("signals that the launcher ignores or blocks are the program's again") {
  for (const bool ignored : {true, false}) {
    const auto prepare = [=] {
      sigset_t set;
      sigfillset(&set);
      if (!ignored) ::sigprocmask(SIG_SETMASK, &set, nullptr);
      for (int number = 1; ignored && number < NSIG; ++number) ::signal(number, SIG_IGN);
    };
    CHECK(run_prepared(probe_of({"exit", "6"}), prepare).status == 6);
    for (const int number : {SIGTERM, SIGPIPE, SIGCHLD, SIGUSR1, SIGXCPU}) {
      const int expected = number == SIGCHLD ? 0 : 128 + number;
      CAPTURE(ignored, number);
      CHECK(run_prepared(probe_of({"kill-self", std::to_string(number)}), prepare).status ==
            expected);
    }
  }
}

TEST_CASE("arguments that are too long for the kernel are the program's failure") {
  const std::string large(100'000, 'x');
  CHECK(run_prepared(probe_of({"arguments", large})).out == large + "\n");
  // One string may have 128 KiB, and all together a quarter of the stack. Only the exec of the
  // launcher itself limits them.
  std::vector<std::string> many = probe_of({"arguments"});
  for (int i = 0; i < 18; ++i) many.push_back(large);
  const Prepared run = run_prepared(many);
  CHECK_FALSE(run.hung);
  CHECK((run.status == 0 || run.status == 126));
  std::vector<std::string> variables = {"HOME=/tmp"};
  std::vector<std::string> passed = {"exec", "--rootfs", probe_rootfs()};
  for (int i = 0; i < 1000; ++i) {
    variables.push_back("V" + std::to_string(i) + "=" + std::string(500, 'v'));
    passed.insert(passed.end(), {"--env", "V" + std::to_string(i)});
  }
  passed.insert(passed.end(), {"--", "/probe", "environment"});
  const Prepared environment = run_prepared(passed, {}, variables);
  CHECK(environment.status == 0);
  CHECK_THAT(environment.out, ContainsSubstring("V999=" + std::string(500, 'v')));
}

TEST_CASE("a directory that is gone, and an empty environment, are no hindrance") {
  const std::string text = "still here";
  const Prepared run = run_prepared(
      probe_of({"arguments", text}),
      [] {
        char directory[] = "/tmp/cloche-gone-XXXXXX";
        if (::mkdtemp(directory) == nullptr || ::chdir(directory) != 0 || ::rmdir(directory) != 0)
          ::_exit(201);
      },
      {"HOME=/tmp/no/such/place", "TMPDIR=/tmp/no/such/place"});
  CHECK(run.err.empty());
  CHECK(run.out == text + "\n");
}

TEST_CASE("a launcher without any environment runs") {
  CHECK(run_prepared(probe_of({"exit", "4"}), {}, {"X=y"}).status == 4);
}

TEST_CASE("without /proc the launcher says what it misses") {
  if (::geteuid() != 0) return;  // it takes a mount to hide it
  const Prepared run = run_prepared(probe_of({"exit", "4"}), [] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/proc", "tmpfs", 0, nullptr) != 0)
      ::_exit(201);
  });
  CHECK(run.status == 125);
  CHECK_THAT(run.err, ContainsSubstring("cloche: cannot open /proc/"));
  CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
}
