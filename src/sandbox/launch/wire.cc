#include "sandbox/launch/wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cloche/error.h"
#include "sandbox/launch/failure.h"

namespace cloche {

namespace {

// The descriptors of one message: three streams of a program, the two ends of its channel, and its
// control group.
constexpr std::size_t kMostDescriptors = 6;

// The largest size of a reply. init's replies are far smaller.
constexpr std::uint32_t kMaxReply = 1u << 16;

[[noreturn]] void init_is_gone() {
  throw Error(ErrorKind::internal, "talk to the sandbox: its init has ended");
}

// Sending or receiving failed with `errnum`.
[[noreturn]] void broken_off(int errnum) {
  if (errnum == EPIPE || errnum == ECONNRESET) init_is_gone();
  if (errnum == EAGAIN)
    throw Error(ErrorKind::internal, "talk to the sandbox: its init does not answer");
  throw Error(ErrorKind::internal, "talk to the sandbox", errnum);
}

void receive_fully(int socket, void* to, std::size_t size) {
  char* next = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t count = ::recv(socket, next, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) broken_off(errno);
    if (count == 0) init_is_gone();
    next += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace

protocol::Text MessageBuilder::text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    throw Error(ErrorKind::usage, "pass \"" + std::string(text.substr(0, text.find('\0'))) +
                                      "…\" to a sandbox: it contains a NUL byte");
  const protocol::Text result{offset()};
  bytes_.append(text);
  bytes_.push_back('\0');
  return result;
}

protocol::List MessageBuilder::strings(const std::vector<std::string>& texts) {
  std::vector<std::uint64_t> offsets;
  offsets.reserve(texts.size() + 1);
  for (const std::string& each : texts) offsets.push_back(text(each).offset);
  offsets.push_back(0);
  protocol::List result = list(offsets);
  --result.count;
  return result;
}

void send_message(int socket, protocol::Type type, std::string_view bytes,
                  std::span<const int> fds) {
  protocol::Header header{type, static_cast<std::uint32_t>(bytes.size())};
  iovec part{&header, sizeof header};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))] = {};
  msghdr envelope{};
  envelope.msg_iov = &part;
  envelope.msg_iovlen = 1;
  if (fds.size() > 0) {
    envelope.msg_control = control;
    envelope.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&envelope);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size() * sizeof(int));
  }
  ssize_t count;
  do {
    count = ::sendmsg(socket, &envelope, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == ETOOMANYREFS)
    throw Error::from_errno("pass descriptors to the sandbox", errno, "too many are in flight");
  if (count < 0) broken_off(errno);
  if (count != static_cast<ssize_t>(sizeof header)) init_is_gone();
  while (!bytes.empty()) {
    count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) broken_off(errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

protocol::Type receive_reply(int socket, std::string& body) {
  protocol::Header header{};
  receive_fully(socket, &header, sizeof header);
  if (header.size > kMaxReply)
    throw Error(ErrorKind::internal, "talk to the sandbox: a reply is too long");
  body.resize(header.size);
  receive_fully(socket, body.data(), body.size());
  if (header.type == protocol::Type::failed && body.size() == sizeof(protocol::Failed)) {
    protocol::Failed failed;
    std::memcpy(&failed, body.data(), sizeof failed);
    throw_failure(failed);
  }
  return header.type;
}

void receive_done(int socket) {
  std::string body;
  if (receive_reply(socket, body) != protocol::Type::done)
    throw Error(ErrorKind::internal, "talk to the sandbox: an unexpected reply");
}

}  // namespace cloche
