// The channel keeps exact order with standard output.
#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"

using cloche::Channel;
using cloche::Command;
using cloche::Result;
using cloche::Sandbox;

TEST_CASE("output before a message is seen before it") {
  Sandbox sandbox(probe_spec());
  for (int fd = 3; fd <= 9; ++fd) {
    std::string seen;
    Command command = probe({"converse", std::to_string(fd), "50"});
    command.on_output = [&](int, std::string_view bytes) { seen += bytes; };
    command.channel = Channel{fd, "secret\n", [&](std::string_view bytes) {
                                seen += "<" + std::string(bytes.substr(0, bytes.size() - 1)) + ">";
                                return std::string("\n");
                              }};
    const Result result = sandbox.exec(command);
    CHECK(result.exit_code == 0);
    std::string expected;
    for (int i = 0; i < 50; ++i)
      expected += "before " + std::to_string(i) + "\n<secret " + std::to_string(i) + ">";
    CHECK(seen == expected + "after\n");
  }
}

TEST_CASE("a channel that is not answered only stops its own program") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"converse", "3", "1"});
  command.limits.emplace().wall_time = std::chrono::milliseconds(200);
  command.channel = Channel{3, "x\n", [](std::string_view) { return std::string(); }};
  CHECK(sandbox.exec(command).status == cloche::Status::time_limit);
}

TEST_CASE("a channel has its place among the descriptors") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"exit", "0"});
  command.channel = Channel{2, "", [](std::string_view) { return std::string(); }};
  CHECK_THROWS_AS(sandbox.exec(command), cloche::Error);
}

TEST_CASE("a channel is made of pipes, which carry no descriptors") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"kinds", "3", "5"});
  command.channel = Channel{3, "", [](std::string_view) { return std::string(); }};
  CHECK(sandbox.exec(command).out.bytes == "3 pipe, to read\n4 pipe, to write\n5 EBADF\n");
}

TEST_CASE("answers can be closed, and what comes later is still heard") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"converse", "3", "5"});
  std::string heard;
  command.channel = Channel{
      3, "x\n", [&](std::string_view bytes) -> std::optional<std::string> {
        heard += bytes;
        return heard.find("2\n") == heard.npos ? std::optional<std::string>("\n") : std::nullopt;
      }};
  // The probe exits with 7 if no answer came.
  CHECK(sandbox.exec(command).exit_code == 7);
  CHECK(heard == "x 0\nx 1\nx 2\n");
  heard.clear();
  command.argv = probe({"babble", "4", "100"}).argv;
  command.channel->on_data = [&](std::string_view bytes) -> std::optional<std::string> {
    heard += bytes;
    return std::nullopt;
  };
  CHECK(sandbox.exec(command).exit_code == 0);
  CHECK(heard.size() == 100 * 1000);
}

TEST_CASE("a program that does not read its answers blocks itself, not the launcher") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"babble", "4", "100000"});
  command.limits.emplace().wall_time = std::chrono::milliseconds(300);
  std::size_t heard = 0;
  command.channel = Channel{3, std::string(1 << 20, 'g'), [&](std::string_view bytes) {
                              heard += bytes.size();
                              return std::string(bytes);
                            }};
  CHECK(sandbox.exec(command).status == cloche::Status::time_limit);
  // The greeting alone fills the pipe of answers, so events are read only at the end of the run.
  CHECK(heard <= 1 << 20);
  CHECK(heard > 0);
}
