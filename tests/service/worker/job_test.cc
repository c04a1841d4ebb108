#include "service/worker/job.h"

#include "catch.h"
#include "service/worker/frame.h"

using namespace cloche;
using namespace cloche::service;

TEST_CASE("a job arrives as it was sent") {
  Job job;
  job.plan.language = "python";
  job.plan.files = {{"a/b", std::string("\0\xff", 2)}};
  job.plan.run.limits.memory_bytes = 5;
  job.observe = job.join_output = job.interactive = true;
  job.output_bytes = 7;
  const Job arrived = decode_job(encode(job));
  CHECK(encode(arrived) == encode(job));
  CHECK(arrived.plan.language == "python");
  CHECK(arrived.plan.files == job.plan.files);
  CHECK(arrived.plan.run.limits.memory_bytes == 5);
  CHECK(arrived.output_bytes == 7);
  CHECK(arrived.observe);
  CHECK(arrived.join_output);
  CHECK(arrived.interactive);
  CHECK_FALSE(decode_job(encode(Job())).interactive);
}

TEST_CASE("bytes that are no job are an error") {
  for (const std::string wrong : {"", "x", "\xa0", "\xff\xff"})
    CHECK_THROWS_AS(decode_job(wrong), Error);
  CHECK_THROWS_AS(decode_job(encode(JobFailure())), Error);
  const std::string job = encode(Job());
  for (std::size_t size = 0; size < job.size(); ++size)
    REQUIRE_THROWS_AS(decode_job(job.substr(0, size)), Error);
  CHECK_THROWS_AS(decode_job(job + "x"), Error);
  CHECK_THROWS_AS(decode_failure(encode(JobFailure{static_cast<ErrorKind>(99), ""})), Error);
}

TEST_CASE("an outcome arrives as it was sent") {
  const JobOutcome outcome{"ok", "python", "3.13", "cw-2", {{"run", std::chrono::nanoseconds(9)}},
                           "{}"};
  const JobOutcome arrived = decode_outcome(encode(outcome));
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
