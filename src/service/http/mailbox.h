// A queue of values from callbacks to one coroutine that waits for them.
#pragma once

#include <boost/system/system_error.hpp>
#include <deque>
#include <utility>

#include "service/http/asio.h"

namespace cloche::service {

// For one thread. One coroutine takes the values.
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

  // The values that were put and not taken yet, the newest last.
  std::deque<Value>& waiting() { return values_; }

  // Waits until fewer than `most` values wait. A producer without a natural bound awaits this.
  Awaitable<void> room(std::size_t most) {
    while (values_.size() >= most) co_await taken_.async_wait(with_error);
  }

  Awaitable<Value> take() {
    // put() ends the wait by cancelling the timer.
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
