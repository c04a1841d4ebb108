// Signals of the caller for the program.
#include <signal.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "catch.h"
#include "fixture.h"
#include "util/fd.h"

using cloche::Command;
using cloche::Result;
using cloche::Sandbox;
using cloche::Status;
using cloche::UniqueFd;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  void send(const std::string& bytes) const {
    REQUIRE(::write(write.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  UniqueFd read, write;
};

// Sends the first batch once the program has printed that it is ready, and each further batch after
// its next output.
Result with_signals(Command command, const std::vector<std::string>& batches) {
  const Pipe pipe;
  std::size_t sent = 0;
  command.signal_fd = pipe.read.get();
  command.on_output = [&](int, std::string_view) {
    if (sent < batches.size()) pipe.send(batches[sent++]);
  };
  Sandbox sandbox(probe_spec());
  return sandbox.exec(command);
}

std::string byte(int number) {
  return std::string(1, static_cast<char>(number));
}

}  // namespace

TEST_CASE("a signal that the caller sends reaches the program") {
  const Result ended = with_signals(probe({"await-signals"}), {byte(SIGTERM)});
  CHECK(ended.status == Status::signaled);
  CHECK(ended.signal == SIGTERM);
  // The program handles the signal that it catches. The last signal ends it.
  const Result caught = with_signals(probe({"await-signals"}),
                                     {byte(SIGUSR1), byte(64), byte(SIGUSR1), byte(SIGKILL)});
  CHECK(caught.out.bytes == "ready\ncaught 10\ncaught 64\ncaught 10\n");
  CHECK(caught.signal == SIGKILL);
}

TEST_CASE("numbers that are no signals mean nothing") {
  const std::string bytes{0, 65, static_cast<char>(255), SIGINT};
  CHECK(with_signals(probe({"await-signals"}), {bytes}).signal == SIGINT);
}

TEST_CASE("the end of the caller's signals is not the end of the program") {
  Pipe pipe;
  pipe.write.reset();
  Command command = probe({"exit", "7"});
  command.signal_fd = pipe.read.get();
  Sandbox sandbox(probe_spec());
  CHECK(sandbox.exec(command).exit_code == 7);
  // A signal that arrives after a program has ended does not reach the next one.
  Pipe late;
  late.send(std::string(1, SIGKILL));
  CHECK(sandbox.exec(probe({"exit", "3"})).exit_code == 3);
}

TEST_CASE("only the first process of a program is sent a signal") {
  const Result result =
      with_signals(probe({"await-signals", "with-child"}), {byte(SIGUSR1), byte(SIGKILL)});
  CHECK(result.out.bytes == "ready\nalone\ncaught 10\n");
}

TEST_CASE("joined streams are one text in the order of writing") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"alternate", "2000"});
  command.join_output = true;
  std::string seen;
  bool other = false;
  command.on_output = [&](int fd, std::string_view bytes) {
    seen += bytes;
    other = other || fd != 1;
  };
  const Result result = sandbox.exec(command);
  std::string expected;
  for (int i = 0; i < 2000; ++i)
    expected += "out " + std::to_string(i) + "\nerr " + std::to_string(i) + "\n";
  CHECK(result.out.bytes == expected);
  CHECK(seen == expected);
  CHECK(result.err.bytes.empty());
  CHECK(result.err.total == 0);
  CHECK_FALSE(other);
}

TEST_CASE("joined streams have one limit") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"alternate", "100"});
  command.join_output = true;
  command.limits.emplace().stdout_bytes = 9;
  const Result result = sandbox.exec(command);
  CHECK(result.out.bytes == "out 0\nerr");
  CHECK(result.out.truncated);
  CHECK_FALSE(result.err.truncated);
}
