// Values handed from whoever has them to a coroutine that waits for them.
#pragma once

#include <boost/system/system_error.hpp>
#include <deque>
#include <utility>

#include "service/http/asio.h"

namespace cloche::service {

// For one thread, and one coroutine that takes.
template <typename Value>
class Mailbox {
 public:
  explicit Mailbox(const asio::any_io_executor& executor)
      : arrived_(executor, asio::steady_timer::time_point::max()),
        taken_(executor, asio::steady_timer::time_point::max()) {}

  void put(Value value) {
    values_.push_back(std::move(value));
    arrived_.cancel();
  }

  // What was put and not taken yet, the newest last.
  std::deque<Value>& waiting() { return values_; }

  // Until fewer than `most` wait: for whoever could put without end.
  Awaitable<void> room(std::size_t most) {
    while (values_.size() >= most) co_await taken_.async_wait(with_error);
  }

  Awaitable<Value> take() {
    // Being cancelled by put() is what the waiting is for.
    while (values_.empty()) co_await arrived_.async_wait(with_error);
    Value value = std::move(values_.front());
    values_.pop_front();
    taken_.cancel();
    co_return value;
  }

 private:
  std::deque<Value> values_;
  asio::steady_timer arrived_, taken_;
};

}  // namespace cloche::service
