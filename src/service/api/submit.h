// From a job to its end: the common part of all paths that run code.
#pragma once

#include <memory>
#include <optional>

#include "service/config.h"
#include "service/http/mailbox.h"
#include "service/schedule/run.h"
#include "service/service.h"

namespace cloche::service {

// An empty value is a tick of a clock that the reader has set.
using RunEvents = Mailbox<std::optional<RunEvent>>;

struct Submitted {
  std::shared_ptr<Run> run;
  std::shared_ptr<RunEvents> events;
  std::shared_ptr<Allowances::Hold> hold;  // the place of its caller
};

// The most that a run may use, whatever its request, setup statements and project files ask for.
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
// Does the same with the caller's own sink. The caller has to watch for a hang-up.
std::shared_ptr<Run> submit(Service& service, const HttpRequest& asked, const RunOrder& order,
                            Run::Sink sink);

// The outcome of a run whose events nobody has read. Throws HttpError for every other end.
Awaitable<JobOutcome> outcome_of(const Submitted& submitted);

// Gives the caller's place back before the last `size` bytes of the answer are written, if they are
// few: a client that has read them may send the next request at once. A large answer that its
// client does not read still counts as a run.
void give_back(Submitted& submitted, std::size_t size);
// Sends the whole answer.
Awaitable<void> answer(Exchange& exchange, Submitted& submitted, Reply reply);

// The error for a last event without an outcome.
HttpError failure_of(const RunEvent& event);

// Reads the body as the JSON of the options object. Throws HttpError.
runner::Request parse_body(const std::string& body);

// Throws HttpError 415 unless the content type is JSON.
void demand_json(const HttpRequest& request);

// Does the same for Piston's API, and also accepts text/plain: its client piston-client sends that,
// because Piston does not check it.
void demand_piston_json(const HttpRequest& request);

}  // namespace cloche::service
