// The runs that wait for a core and for memory: bounded, fair between callers, first in first out
// within one. It knows no clock, thread or worker; the scheduler does.
//
// Callers take turns: the caller whose turn has come gives its oldest run and goes to the end, so
// that one with a thousand waiting runs delays another's only run by one run at most. A caller that
// comes anew goes to the end too.
//
// A run that does not fit into the free memory keeps its turn. Meanwhile smaller runs use what is
// free: of the next kLookAhead callers, the first whose oldest run fits goes ahead and gives up its
// own turn for it. After kOvertakes such runs nothing goes until the one in front fits: what is
// running ends, so that its time comes. No run is overtaken by a later one of its own caller.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cloche::service {

class Queue {
 public:
  using Clock = std::chrono::steady_clock;
  using Id = std::uint64_t;

  static constexpr unsigned kOvertakes = 8;
  static constexpr std::size_t kLookAhead = 16;

  // A run that waits. It takes one core, so `pop` is asked when one is free.
  struct Entry {
    Id id = 0;           // unique among those that wait
    std::string caller;  // whose turn it takes
    Clock::time_point deadline;
    // Must not be more than all runs may take together: nothing would ever go again.
    std::uint64_t memory_bytes = 0;
  };

  // At most `capacity` entries wait; with 0 none ever does.
  explicit Queue(std::size_t capacity) : capacity_(capacity) {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // False if the queue is full. Throws Error internal if the id waits already.
  [[nodiscard]] bool push(const Entry& entry);

  // Takes out the entry that is next and fits into `free_memory` bytes. None if there is none, or
  // if none may go now; then asking again helps after a push, a remove, an expire or with more
  // memory.
  std::optional<Entry> pop(std::uint64_t free_memory);

  // False if it does not wait (any more).
  bool remove(Id id);

  // Takes out all entries whose deadline is `now` or before: their ids, earliest deadline first.
  std::vector<Id> expire(Clock::time_point now);

  // When the next entry expires; none if nothing waits.
  std::optional<Clock::time_point> next_deadline() const;

  // How many entries go before this one if all fit: 0 for the next. None if it does not wait.
  // Takes time with the number of callers and of this caller's entries, all else O(log n).
  std::optional<std::size_t> position(Id id) const;

  std::size_t size() const { return items_.size(); }
  std::size_t capacity() const { return capacity_; }

 private:
  struct Waiting {
    Id id;
    Clock::time_point deadline;
    std::uint64_t memory_bytes;
  };
  struct Caller {
    std::string name;
    std::list<Waiting> entries;  // never empty
  };
  using Turn = std::list<Caller>::iterator;
  struct Place {
    Turn caller;
    std::list<Waiting>::iterator entry;
  };

  // Takes an entry out. Its caller leaves with its last one, and else goes to the end of the turn
  // if this was its turn's entry.
  void erase(std::unordered_map<Id, Place>::iterator item, bool turn_taken);

  std::size_t capacity_;
  std::list<Caller> turn_;  // who is next, first
  std::unordered_map<std::string, Turn> callers_;
  std::unordered_map<Id, Place> items_;
  std::set<std::pair<Clock::time_point, Id>> deadlines_;
  unsigned overtaken_ = 0;  // how often the entry in front was
};

}  // namespace cloche::service
