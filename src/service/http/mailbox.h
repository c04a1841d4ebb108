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
      : arrived_(executor, asio::steady_timer::time_point::max()) {}

  void put(Value value) {
    values_.push_back(std::move(value));
    arrived_.cancel();
  }

  bool empty() const { return values_.empty(); }

  Awaitable<Value> take() {
    // Being cancelled by put() is what the waiting is for.
    while (values_.empty()) co_await arrived_.async_wait(with_error);
    Value value = std::move(values_.front());
    values_.pop_front();
    co_return value;
  }

 private:
  std::deque<Value> values_;
  asio::steady_timer arrived_;
};

}  // namespace cloche::service
