#include "service/auth/introspection.h"

#include <iterator>
#include <nlohmann/json.hpp>

namespace cloche::service {

namespace {

using nlohmann::json;

// A larger answer is invalid: the record of one user is short.
constexpr std::size_t kMostBytes = 64u << 10;
constexpr std::size_t kMostName = 128;

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::string> id_of(const json& data) {
  const json* const id = member(data, "id");
  if (id == nullptr) return std::nullopt;
  if (id->is_number_unsigned()) return std::to_string(id->get<std::uint64_t>());
  if (!id->is_string()) return std::nullopt;
  const auto& text = id->get_ref<const std::string&>();
  if (text.empty() || text.size() > kMostName) return std::nullopt;
  return text;
}

std::optional<std::string> username_of(const json& data) {
  const json* const name = member(data, "username");
  if (name == nullptr || name->is_null()) return std::string();
  if (!name->is_string()) return std::nullopt;
  const auto& text = name->get_ref<const std::string&>();
  if (text.size() > kMostName) return std::nullopt;
  return text;
}

std::optional<IntrospectedUser> user_of(const json& document) {
  const json* const status = member(document, "status");
  const json* const data = member(document, "data");
  if (status == nullptr || *status != "success" || data == nullptr) return std::nullopt;
  const json* const active = member(*data, "active");
  if (active == nullptr || *active != true) return std::nullopt;
  auto id = id_of(*data);
  auto username = username_of(*data);
  if (!id || !username) return std::nullopt;
  return IntrospectedUser{std::move(*id), std::move(*username)};
}

}  // namespace

Introspection parse_introspection(int status, std::string_view body) {
  constexpr int kGood = 200, kTimeout = 408, kTooMany = 429, kTrouble = 500;
  if (status != kGood)
    return {std::nullopt, status != kTimeout && status != kTooMany && status < kTrouble};
  if (body.size() > kMostBytes) return {};
  const json document = json::parse(body.begin(), body.end(), nullptr, false);
  if (document.is_discarded()) return {};
  return {user_of(document), true};
}

std::optional<Introspection> IntrospectionCache::find(std::string_view token,
                                                      Clock::time_point now) const {
  const auto entry = entries_.find(sha256(token));
  if (entry == entries_.end() || now >= entry->second.end) return std::nullopt;
  return entry->second.answer;
}

void IntrospectionCache::put(std::string_view token, const Introspection& answer,
                             Clock::time_point now) {
  if (!answer.is_answer || most_ == 0 || lifetime_.count() <= 0) return;
  const Digest digest = sha256(token);
  if (const auto known = entries_.find(digest); known != entries_.end()) erase(known);
  auto& of_this_kind = ages(answer);
  if (of_this_kind.size() >= most_) erase(entries_.find(of_this_kind.front()));
  of_this_kind.push_back(digest);
  entries_.emplace(digest, Entry{answer, now + lifetime_, std::prev(of_this_kind.end())});
}

void IntrospectionCache::erase(Entries::iterator entry) {
  ages(entry->second.answer).erase(entry->second.age);
  entries_.erase(entry);
}

void IntrospectionCache::clear() {
  entries_.clear();
  valid_.clear();
  invalid_.clear();
}

}  // namespace cloche::service
