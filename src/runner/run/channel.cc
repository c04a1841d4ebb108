#include "runner/run/channel.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "cloche/error.h"
#include "util/json.h"

namespace cloche::runner {

namespace {

constexpr std::string_view kTags[] = {
    "DESCRIBE", "IT",   "PASSED", "FAILED",  "ERROR", "COMPLETEDIN", "LOG",   "TAB",
    "OUT",      "PROP", "STATUS", "SKIPPED", "SYNC",  "END",         "VALUE", "NOVALUE"};

// False if the member is there with another type.
bool take_text(const SortedJson& object, const char* key, std::string& text) {
  const auto member = object.find(key);
  if (member == object.end()) return true;
  if (!member->is_string()) return false;
  text = member->get<std::string>();
  return true;
}

// Without regard to where the first difference is.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    different |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return different == 0;
}

}  // namespace

std::string make_nonce() {
  unsigned char bytes[16];
  std::size_t have = 0;
  while (have < sizeof bytes) {
    const ssize_t count = ::getrandom(bytes + have, sizeof bytes - have, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error::from_errno("get random numbers", errno);
    have += static_cast<std::size_t>(count);
  }
  std::string nonce;
  for (const unsigned char byte : bytes) {
    nonce += "0123456789abcdef"[byte >> 4];
    nonce += "0123456789abcdef"[byte & 15];
  }
  return nonce;
}

std::optional<Event> parse_event(std::string_view json) {
  // An event is flat: deeper structure is dropped while it is read, so that it costs nothing.
  const auto flat = [](int depth, SortedJson::parse_event_t kind, SortedJson&) {
    const bool nests = kind == SortedJson::parse_event_t::object_start ||
                       kind == SortedJson::parse_event_t::array_start;
    return !nests || depth == 0;
  };
  const SortedJson value = SortedJson::parse(json.begin(), json.end(), flat, false);
  if (!value.is_object()) return std::nullopt;
  Event event;
  if (!take_text(value, "tag", event.tag) || !take_text(value, "text", event.text) ||
      !take_text(value, "mode", event.mode) || !take_text(value, "label", event.label))
    return std::nullopt;
  if (std::find(std::begin(kTags), std::end(kTags), event.tag) == std::end(kTags))
    return std::nullopt;
  if (const auto lead = value.find("lead"); lead != value.end()) {
    if (!lead->is_boolean()) return std::nullopt;
    event.lead = lead->get<bool>();
  }
  if (const auto ms = value.find("ms"); ms != value.end()) {
    if (!ms->is_number()) return std::nullopt;
    const double number = ms->get<double>();
    if (std::isfinite(number) && number >= 0) event.milliseconds = number;
  }
  return event;
}

bool ChannelParser::take_line(std::string_view line) {
  if (line.size() > nonce_.size() && line[nonce_.size()] == ' ' &&
      same(line.substr(0, nonce_.size()), nonce_)) {
    if (auto event = parse_event(line.substr(nonce_.size() + 1))) {
      on_event_(std::move(*event));
      return true;
    }
  }
  ++forged_;
  return false;
}

std::string ChannelParser::feed(std::string_view bytes) {
  std::string answer;
  while (!bytes.empty()) {
    const std::size_t line_break = bytes.find('\n');
    const std::string_view part = bytes.substr(0, line_break);
    const bool ends = line_break != bytes.npos;
    bytes.remove_prefix(ends ? line_break + 1 : bytes.size());
    if (!skipping_ && pending_.size() + part.size() > kMaxLine) {
      skipping_ = true;
      ++forged_;
      pending_.clear();
      pending_.shrink_to_fit();
    }
    if (skipping_) {
      skipping_ = !ends;
      continue;
    }
    if (!ends) {
      pending_ += part;
    } else if (pending_.empty()) {
      if (take_line(part)) answer += '\n';
    } else {
      pending_ += part;
      if (take_line(pending_)) answer += '\n';
      pending_.clear();
    }
  }
  return answer;
}

}  // namespace cloche::runner
