#include "service/worker/job.h"

#include "util/pack.h"

namespace cloche {

static constexpr ErrorKind last_of(ErrorKind) {
  return ErrorKind::internal;
}

namespace service {

// A Job without its plan, which has an encoding of its own.
struct PackedJob {
  std::string plan;
  bool observe, join_output, interactive;
  std::uint64_t output_bytes;
};

static void fields(Same<PackedJob> auto& job, auto& archive) {
  archive(job.plan, job.observe, job.join_output, job.interactive, job.output_bytes);
}

static void fields(Same<JobOutcome> auto& outcome, auto& archive) {
  archive(outcome.verdict, outcome.language, outcome.version, outcome.framework, outcome.phases,
          outcome.result);
}

static void fields(Same<JobFailure> auto& failure, auto& archive) {
  archive(failure.kind, failure.message);
}

std::string encode(const Job& job) {
  return pack(PackedJob{runner::encode(job.plan), job.observe, job.join_output, job.interactive,
                        job.output_bytes});
}

Job decode_job(std::string_view bytes) {
  const auto packed = unpack<PackedJob>(bytes, "a job");
  return {runner::decode_plan(packed.plan), packed.observe, packed.join_output, packed.interactive,
          packed.output_bytes};
}

std::string encode(const JobOutcome& outcome) {
  return pack(outcome);
}

JobOutcome decode_outcome(std::string_view bytes) {
  return unpack<JobOutcome>(bytes, "an outcome");
}

std::string encode(const JobFailure& failure) {
  return pack(failure);
}

JobFailure decode_failure(std::string_view bytes) {
  return unpack<JobFailure>(bytes, "a failure");
}

}  // namespace service

}  // namespace cloche
