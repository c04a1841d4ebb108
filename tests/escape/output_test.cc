// Output of any kind and amount stays within its limits, and the report stays readable.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/program.h"
#include "elapsed.h"
#include "fixture.h"
#include "util/file.h"

using namespace std::chrono_literals;
using cloche::OutputAction;
using cloche::Result;
using cloche::Status;
using Json = nlohmann::json;

namespace {

// The resident memory of this process, in bytes.
std::uint64_t resident() {
  const auto status = status_of(::getpid());
  return std::stoull(status.at("VmRSS")) * 1024;
}

// A program in the request's language that prints `bytes`, given as octal escapes of printf(1).
Json report_on(const std::string& bytes) {
  std::string escaped;
  for (const char byte : bytes) {
    char text[8];
    std::snprintf(text, sizeof text, "\\%03o", static_cast<unsigned char>(byte));
    escaped += text;
  }
  const Json request = {{"language", "shell"},
                        {"code", "printf '" + escaped + "'; printf '" + escaped + "' >&2"}};
  const Ended ended = run_cloche({"run", "--request", "-", "--format", "json"}, request.dump(),
                                 {"env", "HOME=/nonexistent"});
  INFO(ended.err);
  // The strict parser throws if the text is not UTF-8.
  return Json::parse(ended.out);
}

}  // namespace

TEST_CASE("all bytes come out as they went in") {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  const Result result = attack({"output", "binary"});
  CHECK(result.exit_code == 3);
  CHECK(result.out.bytes.starts_with(all));
  CHECK(result.out.bytes == result.err.bytes);
  CHECK(result.out.bytes == act_outside({"output", "binary"}));
}

TEST_CASE("any bytes of output give a report that is valid JSON in UTF-8") {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const std::string& bytes :
       {all, std::string("\xff\xfe\xed\xa0\x80\xc0\xaf\xf8\x88\x80\x80\x80"),
        std::string("\"}\n{\"forged\":1}\x00\x1b[2J\xe2\x80\xa8", 24), std::string("\xf0\x9f")})
    CHECK_NOTHROW([&] {
      const Json report = report_on(bytes);
      CHECK(report.is_object());
      // Nothing that was printed has become part of the report's structure.
      CHECK(report.dump().find("\"forged\":") == std::string::npos);
    }());
}

TEST_CASE("output is cut where its limit is, however it is written") {
  cloche::Spec spec = hostile_spec();
  spec.limits.stdout_bytes = 10000;
  spec.limits.stderr_bytes = 5000;
  // This test is not about time, and 200,000 writes of one byte take minutes in a guest on a busy
  // host.
  spec.limits.wall_time = 300s;
  for (const char* size : {"1", "7", "65536"}) {
    const Result result = attack({"output", "flood", "1", "200000", size}, spec);
    INFO(size);
    CHECK(result.status == Status::ok);
    CHECK(result.out.bytes == std::string(10000, 'x'));
    CHECK(result.out.total == 200000);
    CHECK(result.out.truncated);
  }
  const Result errors = attack({"output", "flood", "2", "200000", "3"}, spec);
  CHECK(errors.err.bytes.size() == 5000);
  CHECK(errors.err.truncated);
}

TEST_CASE("full pipes in both directions block nobody, and cost the launcher no memory") {
  cloche::Spec spec = hostile_spec();
  spec.limits.stdout_bytes = spec.limits.stderr_bytes = 1 << 20;
  cloche::Sandbox sandbox(spec);
  const std::uint64_t before = resident();
  cloche::Command command = hostile({"output", "both", "100000000"});
  // More than any pipe holds, and never read.
  command.stdin_data.assign(1 << 20, 'i');
  const cloche::UniqueFd endless(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  command.stdin_fd = endless.get();
  const Result result = sandbox.exec(command);
  CHECK(result.status == Status::ok);
  CHECK(result.out.total == 100000000);
  CHECK(result.err.total == 100000000);
  CHECK(result.out.bytes.size() == 1 << 20);
  CHECK(resident() < before + (64 << 20));
}

TEST_CASE("input that is read whole arrives whole") {
  cloche::Sandbox sandbox(hostile_spec());
  cloche::Command command = hostile({"output", "count-input"});
  command.stdin_data.assign(5 << 20, 'i');
  CHECK(sandbox.exec(command).out.bytes == "input 5242880\n");
}

TEST_CASE("too much output can end the run") {
  cloche::Spec spec = hostile_spec();
  spec.limits.stdout_bytes = 1000;
  spec.limits.output_action = OutputAction::kill;
  for (const char* size : {"1", "65536"}) {
    const Result result = attack({"output", "flood", "1", "1000000000000", size}, spec);
    CHECK(result.status == Status::output_limit);
    CHECK(result.out.bytes.size() == 1000);
  }
}

TEST_CASE("pipes that are resized, made into packets or read back harm only their program") {
  cloche::Sandbox sandbox(hostile_spec());
  CHECK(sandbox.exec(hostile({"output", "odd-pipes"})).status == Status::ok);
  CHECK(sandbox.exec(hostile({"output", "flood", "1", "100000"})).out.total == 100000);
}

TEST_CASE("a program that talks on its channel without pause ends at its limit") {
  cloche::Spec spec = hostile_spec();
  spec.limits.wall_time = 400ms;
  cloche::Sandbox sandbox(spec);
  cloche::Command command = hostile({"output", "flood", "4", "1000000000000", "1"});
  std::uint64_t heard = 0;
  command.channel = cloche::Channel{3, "", [&](std::string_view bytes) {
                                      heard += bytes.size();
                                      return std::string(bytes.size(), 'a');
                                    }};
  const Elapsed elapsed;
  CHECK(sandbox.exec(command).status == Status::time_limit);
  CHECK(elapsed.fair() < 400ms + 1s * slowness());
  CHECK(heard > 0);
}
