#include "service/worker/job.h"

#include "catch.h"
#include "service/worker/frame.h"

using namespace cloche;
using namespace cloche::service;

TEST_CASE("a job arrives as it was sent") {
  Job job;
  runner::Request& request = job.request;
  request.language = "python";
  request.version = "3.9";
  request.solution = std::string("a\0b\xff", 4);
  request.setup = "s";
  request.fixture = "f";
  request.framework = "cw";
  request.files = {{"a/b", std::string("\0\xff", 2)}};
  request.entry_file = "e";
  request.bash = "b";
  request.bash_file = "bf";
  request.solution_path = "sp";
  request.services = {"redis"};
  request.github_repo = "g";
  request.gist = "h";
  request.options = {{"o", {"1", "2"}}};
  request.image = "i";
  request.stdin_data = "in";
  request.arguments = {"x", ""};
  request.timeout = std::chrono::milliseconds(1);
  request.compile_timeout = std::chrono::milliseconds(2);
  request.cpu_time = std::chrono::milliseconds(3);
  request.compile_cpu_time = std::chrono::milliseconds(4);
  request.memory_bytes = 5;
  request.compile_memory_bytes = 6;
  request.cpus = 0.5;
  request.network = Network::none;
  request.strict = true;
  request.cases = {{"one", {"a"}, "e"}, {"two", {}, std::nullopt}};
  request.call = runner::Call{"entry", "[1]"};
  job.observe = job.join_output = job.interactive = true;
  job.output_bytes = 7;

  // Encoding again gives the same bytes, so no field was lost. Few fields have no order.
  const Job arrived = decode_job(encode(job));
  CHECK(encode(arrived) == encode(job));
  CHECK(arrived.request.solution == request.solution);
  CHECK(arrived.request.files == request.files);
  CHECK(arrived.request.cases.at(0).expected == "e");
  CHECK_FALSE(arrived.request.cases.at(1).expected);
  CHECK(arrived.request.network == Network::none);
  CHECK(arrived.request.cpus == 0.5);
  CHECK(arrived.output_bytes == 7);
  CHECK(arrived.interactive);
  CHECK_FALSE(decode_job(encode(Job())).request.call);
  CHECK_FALSE(decode_job(encode(Job())).request.timeout);
}

TEST_CASE("what is no job is an error") {
  for (const std::string wrong : {"", "x", "\xa0", "\xff\xff"})
    CHECK_THROWS_AS(decode_job(wrong), Error);
  CHECK_THROWS_AS(decode_job(encode(Failure())), Error);
  CHECK_THROWS_AS(decode_failure(encode(Failure{static_cast<ErrorKind>(99), ""})), Error);
}

TEST_CASE("an outcome arrives as it was sent") {
  const Outcome outcome{"ok", "python", "3.13", "cw-2", {{"run", std::chrono::nanoseconds(9)}},
                        "{}"};
  const Outcome arrived = decode_outcome(encode(outcome));
  CHECK(encode(arrived) == encode(outcome));
  CHECK(arrived.phases.at(0).second == std::chrono::nanoseconds(9));
}

TEST_CASE("frames come out of a stream however it is cut") {
  const std::string stream = encode_frame(FrameKind::output, "abc") +
                             encode_frame(FrameKind::cancel, "") +
                             encode_frame(FrameKind::outcome, std::string(100000, 'x'));
  for (const std::size_t piece : {1, 2, 5, 7, 65536, 200000}) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view(stream).substr(at, piece));
      while (auto frame = reader.next()) frames.push_back(std::move(*frame));
    }
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].kind == FrameKind::output);
    CHECK(frames[0].payload == "abc");
    CHECK(frames[1].payload.empty());
    CHECK(frames[2].payload.size() == 100000);
  }
}

TEST_CASE("a frame that is too long is an error") {
  FrameReader reader;
  reader.feed("o\xff\xff\xff\xff");
  CHECK_THROWS_AS(reader.next(), Error);
}
