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
  double runs = 0;       // that may begin at once: what is in the bucket
  Clock::time_point at;  // when that was so
  CallerLimits limits;
  std::uint64_t living = 0;

  void refill(Clock::time_point now) {
    const double seconds = std::max(0.0, std::chrono::duration<double>(now - at).count());
    // A clock that steps back gives nothing twice.
    at = std::max(at, now);
    runs = limits.rate > 0 ? std::min<double>(limits.burst, runs + seconds * limits.rate)
                           : limits.burst;
  }
  // Whether a new caller of this name would be treated alike.
  bool forgettable() const { return living == 0 && runs >= limits.burst; }
};

// Waiting as long as was said must be enough, whatever is lost in rounding.
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
  std::list<Caller> callers;  // the longest unseen first
  std::unordered_map<std::string, std::list<Caller>::iterator> names;

  void forget(std::list<Caller>::iterator caller) {
    names.erase(caller->name);
    callers.erase(caller);
  }

  // Two a time: more than come.
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
      // What was earned until now was earned under the old limits.
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
    // Nobody knows when a run ends.
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
