// The launcher's end of the socket to init.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/protocol.h"

namespace cloche {

// Builds the bytes of a message: a fixed structure, then what it points to.
class MessageBuilder {
 public:
  // `fixed_bytes` is the size of the message's structure, which finish() puts in front.
  explicit MessageBuilder(std::size_t fixed_bytes) : bytes_(fixed_bytes, '\0') {}

  protocol::Text text(std::string_view text);
  // A list of strings, in the form that init turns into argv.
  protocol::List strings(const std::vector<std::string>& texts);
  template <typename T>
  protocol::List list(const std::vector<T>& entries) {
    align();
    const protocol::List result{offset(), static_cast<std::uint32_t>(entries.size())};
    bytes_.append(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(T));
    return result;
  }
  template <typename T>
  const std::string& finish(const T& fixed) {
    bytes_.replace(0, sizeof fixed, reinterpret_cast<const char*>(&fixed), sizeof fixed);
    return bytes_;
  }

 private:
  std::uint32_t offset() const { return static_cast<std::uint32_t>(bytes_.size()); }
  void align() { bytes_.resize((bytes_.size() + 7) & ~std::size_t{7}); }

  std::string bytes_;
};

// Sends one message. Throws Error if init is gone.
void send_message(int socket, protocol::Type type, std::string_view bytes = {},
                  std::span<const int> fds = {});

// Waits for a reply and returns its type; `body` receives its bytes. A reply `failed` is thrown as
// Error. Throws Error internal if init is gone.
protocol::Type receive_reply(int socket, std::string& body);

// Waits for `done`.
void receive_done(int socket);

}  // namespace cloche
