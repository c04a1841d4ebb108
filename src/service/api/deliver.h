// Passes events of a run to a client that may be slower than the run.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "service/http/mailbox.h"
#include "service/schedule/run.h"

namespace cloche::service {

inline RunEvent* event_in(std::optional<RunEvent>& value) {
  return value ? &*value : nullptr;
}
template <typename... Kinds>
RunEvent* event_in(std::variant<Kinds...>& value) {
  return std::get_if<RunEvent>(&value);
}

// Puts the event into the mailbox. Output is appended to waiting output of the same stream, so that
// a run that writes byte by byte costs no more than its bytes. The order between the two streams,
// which are two pipes, has no meaning.
template <typename Value>
void deliver(Mailbox<Value>& mailbox, RunEvent event) {
  auto& waiting = mailbox.waiting();
  constexpr std::size_t kStreams = 2;
  const std::size_t most = event.kind == RunEvent::Kind::output ? kStreams : 0;
  for (std::size_t back = 1; back <= most && back <= waiting.size(); ++back) {
    RunEvent* const earlier = event_in(waiting[waiting.size() - back]);
    if (earlier == nullptr || earlier->kind != RunEvent::Kind::output) break;
    if (earlier->stream != event.stream) continue;
    earlier->text += event.text;
    return;
  }
  mailbox.put(std::move(event));
}

}  // namespace cloche::service
