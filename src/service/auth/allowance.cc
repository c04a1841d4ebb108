#include "service/auth/allowance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <list>
#include <mutex>
#include <sstream>
#include <unordered_map>

namespace cloche::service {

namespace {

using Clock = Allowances::Clock;

struct Caller {
  std::string name;
  double runs = 0;       // the content of the bucket: runs that may begin at once
  Clock::time_point at;  // the time of that content
  CallerLimits limits;
  std::uint64_t living = 0;

  void refill(Clock::time_point now) {
    const double seconds = std::max(0.0, std::chrono::duration<double>(now - at).count());
    // Never move `at` back: a clock that steps back would refill the same time twice.
    at = std::max(at, now);
    runs = limits.rate > 0 ? std::min<double>(limits.burst, runs + seconds * limits.rate)
                           : limits.burst;
  }
  // Whether a new entry of this name would be equivalent.
  bool forgettable() const { return living == 0 && runs >= limits.burst; }
};

// One run, less a tolerance for rounding: a caller who waits for retry_after must get a run.
constexpr double kOne = 1 - 1e-9;
constexpr double kDay = 86400;

// "5", "0.5"
std::string shown(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

}  // namespace

struct Allowances::State {
  std::mutex mutex;
  std::list<Caller> callers;  // the least recently seen first
  std::unordered_map<std::string, std::list<Caller>::iterator> names;

  void forget(std::list<Caller>::iterator caller) {
    names.erase(caller->name);
    callers.erase(caller);
  }

  // Checks two callers per call. A call adds at most one, so the list shrinks.
  void forget_old(Clock::time_point now) {
    for (int i = 0; i < 2 && !callers.empty(); ++i) {
      const auto oldest = callers.begin();
      oldest->refill(now);
      if (oldest->living > 0)
        callers.splice(callers.end(), callers, oldest);
      else if (oldest->forgettable() || callers.size() > kMostCallers)
        forget(oldest);
      else
        return;
    }
  }

  std::list<Caller>::iterator find(const std::string& name, const CallerLimits& limits,
                                   Clock::time_point now) {
    const auto [known, is_new] = names.try_emplace(name);
    if (is_new) {
      known->second = callers.insert(callers.end(), Caller{name, 0, now, limits, 0});
      known->second->runs = limits.burst;
    } else {
      callers.splice(callers.end(), callers, known->second);
      // Time until now refills under the old limits.
      known->second->refill(now);
      known->second->limits = limits;
      known->second->refill(now);
    }
    return known->second;
  }
};

class Allowances::Hold {
 public:
  Hold(std::shared_ptr<State> state, std::list<Caller>::iterator caller)
      : state_(std::move(state)), caller_(caller) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() {
    const std::lock_guard lock(state_->mutex);
    --caller_->living;
  }

 private:
  std::shared_ptr<State> state_;
  std::list<Caller>::iterator caller_;  // not forgotten while it holds this
};

Allowances::Allowances() : state_(std::make_shared<State>()) {}
Allowances::~Allowances() = default;

Allowances::Decision Allowances::begin(const std::string& caller, const CallerLimits& limits,
                                       Clock::time_point now) {
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->find(caller, limits, now);
  Decision decision;
  if (limits.concurrent > 0 && known->living >= limits.concurrent) {
    // The end of a run is unknown, so give the shortest time.
    decision.retry_after = std::chrono::seconds(1);
    decision.reason = "at most " + std::to_string(limits.concurrent) + " runs at one time";
  } else if (limits.rate > 0 && known->runs < kOne) {
    decision.too_fast = true;
    const double wait = std::clamp(std::ceil((kOne - known->runs) / limits.rate), 1.0, kDay);
    decision.retry_after = std::chrono::seconds(static_cast<std::int64_t>(wait));
    decision.reason = "at most " + shown(limits.rate) + " runs a second, and " +
                      std::to_string(limits.burst) + " at once";
  } else {
    decision.hold = std::make_shared<Hold>(state_, known);
    ++known->living;
    if (limits.rate > 0) known->runs -= 1;
  }
  state_->forget_old(now);
  return decision;
}

std::size_t Allowances::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->callers.size();
}

}  // namespace cloche::service
