// The runs that wait for a core and for memory. The queue is bounded, fair between callers, and
// first in first out within a caller. It knows no clock, thread or worker; the scheduler does.
//
// Callers take turns: the caller whose turn it is gives its oldest run and moves to the end. A
// caller with a thousand waiting runs thus delays another caller's only run by one run at most. A
// new caller starts at the end.
//
// A run that does not fit into the free memory keeps its turn. Meanwhile smaller runs use the free
// memory: among the next kLookAhead callers, the first whose oldest run fits goes ahead and gives
// up its own turn for that. After kOvertakes such runs nothing starts until the run in front fits.
// It will fit, because the running ones end. No run is overtaken by a later run of its own caller.
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

  // A run that waits. It takes one core, so `pop` is called when a core is free.
  struct Entry {
    Id id = 0;           // unique among those that wait
    std::string caller;  // whose turn it takes
    Clock::time_point deadline;
    // Must not exceed the memory of all runs together: such an entry would block the queue for
    // ever.
    std::uint64_t memory_bytes = 0;
  };

  // At most `capacity` entries wait; with 0 no entry can wait.
  explicit Queue(std::size_t capacity) : capacity_(capacity) {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // False if the queue is full. Throws Error internal if the id already waits.
  [[nodiscard]] bool push(const Entry& entry);

  // Takes out the next entry that fits into `free_memory` bytes. Empty if there is none, or if none
  // may go now. Then another call helps only after a push, a remove or an expire, or with more
  // memory.
  std::optional<Entry> pop(std::uint64_t free_memory);

  // False if the entry does not wait, or no longer waits.
  bool remove(Id id);

  // Takes out all entries whose deadline is `now` or earlier. Returns their ids, the earliest
  // deadline first.
  std::vector<Id> expire(Clock::time_point now);

  // The deadline of the entry that expires next; empty if nothing waits.
  std::optional<Clock::time_point> next_deadline() const;

  // The number of entries before this one if all of them fit: 0 for the next. Empty if it does not
  // wait. Takes time in proportion to the number of callers and of this caller's entries; all other
  // functions take O(log n).
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

  // Takes an entry out. A caller without entries leaves the turn. Otherwise, if the entry used its
  // caller's turn, the caller moves to the end.
  void erase(std::unordered_map<Id, Place>::iterator item, bool turn_taken);

  std::size_t capacity_;
  std::list<Caller> turn_;  // the callers in the order of their turns
  std::unordered_map<std::string, Turn> callers_;
  std::unordered_map<Id, Place> items_;
  std::set<std::pair<Clock::time_point, Id>> deadlines_;
  unsigned overtaken_ = 0;  // how many runs have gone ahead of the entry in front
};

}  // namespace cloche::service
