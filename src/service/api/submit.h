// From a job to its end: what all paths that run something have in common.
#pragma once

#include <memory>
#include <optional>

#include "service/config.h"
#include "service/http/mailbox.h"
#include "service/schedule/run.h"
#include "service/service.h"

namespace cloche::service {

// Nothing is a tick of a clock that the reader has set.
using RunEvents = Mailbox<std::optional<RunEvent>>;

struct Submitted {
  std::shared_ptr<Run> run;
  std::shared_ptr<RunEvents> events;
  std::shared_ptr<Allowances::Hold> hold;  // its caller's place
};

// The most that a run may have, whatever its request, setup statements and project files say.
struct Bounds {
  explicit Bounds(const RunsConfig& config);

  std::chrono::milliseconds timeout, compile_timeout;
  std::uint64_t memory_bytes;
  bool strict;           // limits that could only be approximated are refused
  bool loopback = true;  // false where an API promises no network at all
};

// A run that a caller asks for.
struct RunOrder {
  runner::Request request;
  Bounds bounds;
  bool observe = false, join_output = false, interactive = false;  // as in Job
};

// Settles the request, checks it against the images and the bounds, fills in the limits that it
// leaves open, and submits the plan. The run is cancelled when the client hangs up. Throws
// HttpError.
Submitted submit(Service& service, Exchange& exchange, const RunOrder& order);
// The same with a sink of the caller's, who has to look for a hang-up.
std::shared_ptr<Run> submit(Service& service, const Request& asked, const RunOrder& order,
                            Run::Sink sink);

// The outcome of a run that has not been read from yet. Throws HttpError for every other end.
Awaitable<Outcome> outcome_of(const Submitted& submitted);

// Gives the caller's place back before the last `size` bytes of the answer are written, if they are
// few: whoever has read them may ask again at once. A large answer that its client does not read
// counts as a run.
void give_back(Submitted& submitted, std::size_t size);
// The whole answer.
Awaitable<void> answer(Exchange& exchange, Submitted& submitted, Reply reply);

// What a last event that is no outcome means.
HttpError failure_of(const RunEvent& event);

// The body as JSON text of the options object. Throws HttpError.
runner::Request parse_body(const std::string& body);

// Throws HttpError 415 unless the body is said to be JSON.
void demand_json(const Request& request);

// The same for Piston's API. Its client piston-client says text/plain, and works with servers that
// do not look.
void demand_piston_json(const Request& request);

}  // namespace cloche::service
