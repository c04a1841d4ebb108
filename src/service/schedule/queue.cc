#include "service/schedule/queue.h"

#include <algorithm>
#include <iterator>

#include "cloche/error.h"

namespace cloche::service {

bool Queue::push(const Entry& entry) {
  if (items_.size() >= capacity_) return false;
  if (items_.contains(entry.id))
    throw Error(ErrorKind::internal, "queue run " + std::to_string(entry.id) + " a second time");
  const auto [known, is_new] = callers_.try_emplace(entry.caller);
  if (is_new) known->second = turn_.insert(turn_.end(), Caller{entry.caller, {}});
  auto& entries = known->second->entries;
  entries.push_back({entry.id, entry.deadline, entry.memory_bytes});
  items_.emplace(entry.id, Place{known->second, std::prev(entries.end())});
  deadlines_.emplace(entry.deadline, entry.id);
  return true;
}

std::optional<Queue::Entry> Queue::pop(std::uint64_t free_memory) {
  std::size_t looked_at = 0;
  for (const Caller& caller : turn_) {
    const bool in_front = looked_at == 0;
    if (!in_front && overtaken_ >= kOvertakes) break;
    if (looked_at++ > kLookAhead) break;
    const Waiting& first = caller.entries.front();
    if (first.memory_bytes > free_memory) continue;
    Entry entry{first.id, caller.name, first.deadline, first.memory_bytes};
    if (!in_front) ++overtaken_;
    erase(items_.find(first.id), true);
    return entry;
  }
  return std::nullopt;
}

bool Queue::remove(Id id) {
  const auto item = items_.find(id);
  if (item == items_.end()) return false;
  erase(item, false);
  return true;
}

std::vector<Queue::Id> Queue::expire(Clock::time_point now) {
  std::vector<Id> expired;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    expired.push_back(deadlines_.begin()->second);
    erase(items_.find(expired.back()), false);
  }
  return expired;
}

std::optional<Queue::Clock::time_point> Queue::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::optional<std::size_t> Queue::position(Id id) const {
  const auto item = items_.find(id);
  if (item == items_.end()) return std::nullopt;
  const auto& [own, entry] = item->second;
  const auto earlier = static_cast<std::size_t>(
      std::distance(own->entries.cbegin(), std::list<Waiting>::const_iterator(entry)));
  // Before this entry, each other caller has as many turns as this caller has earlier entries, and
  // one more if it comes first in the turn.
  std::size_t before = earlier;
  std::size_t turns = earlier + 1;
  for (auto caller = turn_.begin(); caller != turn_.end(); ++caller) {
    if (caller == own) {
      turns = earlier;
      continue;
    }
    before += std::min(caller->entries.size(), turns);
  }
  return before;
}

void Queue::erase(std::unordered_map<Id, Place>::iterator item, bool turn_taken) {
  const auto [caller, entry] = item->second;
  if (caller == turn_.begin() && entry == caller->entries.begin()) overtaken_ = 0;
  deadlines_.erase({entry->deadline, entry->id});
  items_.erase(item);
  caller->entries.erase(entry);
  if (caller->entries.empty()) {
    callers_.erase(caller->name);
    turn_.erase(caller);
  } else if (turn_taken) {
    turn_.splice(turn_.end(), turn_, caller);
  }
}

}  // namespace cloche::service
