#include "sandbox/session.h"

#include <array>

#include "cloche/error.h"
#include "sandbox/launch/wire.h"
#include "sandbox/running_program.h"
#include "util/file.h"

namespace cloche {

void InitSession::require_usable() const {
  if (!usable) throw Error(ErrorKind::internal, "use a sandbox that has failed before");
}

void InitSession::require_idle(const char* tried) const {
  require_usable();
  if (running != nullptr)
    throw Error(ErrorKind::busy, std::string(tried) + ": a program runs in the sandbox", 0,
                "wait for its end, or use another sandbox");
}

std::string InitSession::inside(std::string_view path) const {
  if (path.empty()) throw Error(ErrorKind::usage, "name a file of the sandbox: the path is empty");
  if (path.front() == '/') return std::string(path);
  return work_dir + "/" + std::string(path);
}

void InitSession::ask(protocol::Type type, std::string_view body, int file) {
  guarded([&] {
    send_message(socket(), type, body, std::array{file});
    receive_done(socket());
  });
}

void InitSession::put(std::string_view path, std::string_view content, unsigned mode) {
  MessageBuilder builder(sizeof(protocol::Put));
  protocol::Put message{};
  message.path = builder.text(inside(path));
  message.mode = mode;
  const std::string& body = builder.finish(message);
  const UniqueFd file = memory_file(content);
  if (running == nullptr) return ask(protocol::Type::put, body, file.get());
  guarded([&] { running->put(body, file.get()); });
}

// Calls `talk`. After a failure in the middle of a message the socket cannot be used any more.
template <typename Talk>
void InitSession::guarded(Talk talk) {
  require_usable();
  try {
    talk();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) usable = false;
    throw;
  } catch (...) {
    usable = false;
    throw;
  }
}

}  // namespace cloche
