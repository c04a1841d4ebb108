// The answers of another service about tokens, and a cache of them. introspection_client.h asks.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "service/auth/digest.h"

namespace cloche::service {

// The user that a token belongs to.
struct IntrospectedUser {
  std::string id;        // never empty: a number of the answer in digits, or its text
  std::string username;  // as the answer has it; empty if it has none

  bool operator==(const IntrospectedUser&) const = default;
};

struct Introspection {
  std::optional<IntrospectedUser> user;  // none: the token is not valid
  // Whether this is an answer about the token, and not a failure of the service: statuses 408, 429
  // and from 500 on, and 200 with an invalid body. Only answers about the token are remembered.
  bool is_answer = false;

  bool operator==(const Introspection&) const = default;
};

// Reads the answer of GET URL/auth/status:
//
//   200 {"status": "success", "data": {"id": 1, "username": "…", "active": true, …}}
//
// A token is valid only with all of this. The id is a whole number from 0 on or a text of 1 to 128
// bytes. The name has at most 128 bytes, or is missing. Throws nothing, whatever the answer holds.
Introspection parse_introspection(int status, std::string_view body);

// Answers about tokens, by the SHA-256 of the token. Valid and invalid tokens have separate bounds,
// so that guessed tokens cannot displace valid ones. The oldest go first. For one thread.
class IntrospectionCache {
 public:
  using Clock = std::chrono::steady_clock;

  // A `lifetime` of 0 remembers nothing.
  IntrospectionCache(std::size_t most_of_a_kind, std::chrono::milliseconds lifetime)
      : most_(most_of_a_kind), lifetime_(lifetime) {}

  // The remembered answer about a token, unless it is older than `lifetime`.
  std::optional<Introspection> find(std::string_view token, Clock::time_point now) const;

  // Remembers an answer of the time `now` and replaces the older one. Ignores failures of the
  // service.
  void put(std::string_view token, const Introspection& answer, Clock::time_point now);

  void clear();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Introspection answer;
    Clock::time_point end;
    std::list<Digest>::iterator age;
  };
  using Entries = std::map<Digest, Entry>;

  std::list<Digest>& ages(const Introspection& answer) { return answer.user ? valid_ : invalid_; }
  void erase(Entries::iterator entry);

  std::size_t most_;
  std::chrono::milliseconds lifetime_;
  Entries entries_;
  std::list<Digest> valid_, invalid_;  // the oldest first
};

}  // namespace cloche::service
