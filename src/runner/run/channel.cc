#include "runner/run/channel.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>

#include "cloche/error.h"
#include "util/utf8.h"

namespace cloche::runner {

namespace {

// The order of the fields on the wire.
enum { kText, kMode, kLabel, kDuration, kEventFields };

// The most digits of a length. No arithmetic here can overflow with so few digits.
constexpr std::size_t kMaxDigits = 9;

// Compares in constant time: the time does not tell where the first difference is.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    different |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return different == 0;
}

// Takes a word and the space behind it, or the last word.
std::string_view next_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == line.npos ? line.size() : space + 1);
  return word;
}

// Decimal digits without a leading zero.
std::optional<std::uint64_t> read_length(std::string_view word) {
  if (word.empty() || word.size() > kMaxDigits || (word[0] == '0' && word.size() > 1))
    return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<double> read_duration(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (!std::isfinite(value) || value < 0) return std::nullopt;
  return value;
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

std::string ChannelParser::greeting(const std::vector<std::string>& arguments,
                                    const std::vector<std::string>& environment) const {
  std::string texts;
  for (const auto* list : {&arguments, &environment})
    for (const std::string& text : *list) texts += text + '\0';
  return "cloche 2 " + nonce_ + " " + std::to_string(arguments.size()) + " " +
         std::to_string(environment.size()) + " " + std::to_string(texts.size()) + "\n" + texts;
}

bool ChannelParser::charge(std::uint64_t bytes) {
  if (bytes > room_) {
    state_ = State::full;
    return false;
  }
  room_ -= bytes;
  return true;
}

// The line without its line break.
bool ChannelParser::read_header(std::string_view line) {
  // next_word would not see an empty last word.
  if (line.ends_with(' ') || !same(next_word(line), nonce_)) return false;
  const auto tag = tag_named(next_word(line));
  const std::string_view lead = next_word(line);
  if (!tag || (lead != "0" && lead != "1")) return false;
  event_ = {};
  event_.tag = *tag;
  event_.lead = lead == "1";
  for (Field& field : fields_) {
    const auto length = read_length(next_word(line));
    if (!length) return false;
    field.length = *length;
    field.bytes.clear();
  }
  if (!line.empty()) return false;
  fields_[kText].most = kMaxText;
  fields_[kMode].most = fields_[kLabel].most = kMaxName;
  fields_[kDuration].most = kMaxDuration;
  return true;
}

void ChannelParser::take_header(std::string_view& bytes) {
  const std::size_t line_break = bytes.find('\n');
  const std::string_view part = bytes.substr(0, line_break);
  const bool ends = line_break != bytes.npos;
  bytes.remove_prefix(ends ? line_break + 1 : bytes.size());
  if (header_.size() + part.size() >= kMaxHeader) {
    state_ = State::broken;
    return;
  }
  header_ += part;
  if (!ends) return;
  if (!read_header(header_)) {
    state_ = State::broken;
    return;
  }
  header_.clear();
  std::uint64_t cost = kEventCost;
  for (const Field& field : fields_) cost += field.length;
  if (!charge(cost)) return;
  state_ = State::fields;
  field_ = 0;
  left_ = fields_[0].length;
  if (left_ == 0) finish_field();
}

void ChannelParser::take_fields(std::string_view& bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  std::string& kept = fields_[field_].bytes;
  // Keep one byte more than allowed: it tells whether a character ends at the cut.
  kept += bytes.substr(0, std::min(count, fields_[field_].most + 1 - kept.size()));
  bytes.remove_prefix(count);
  left_ -= count;
  if (left_ == 0) finish_field();
}

// Goes on to the next field that has bytes, or ends the event.
void ChannelParser::finish_field() {
  while (++field_ < kEventFields)
    if ((left_ = fields_[field_].length) > 0) return;
  finish_event();
}

void ChannelParser::finish_event() {
  std::uint64_t grown = 0;
  for (Field& field : fields_) {
    const bool cut = field.length > field.most;
    field.bytes.resize(whole_characters(field.bytes, field.most));
    const std::size_t before = field.bytes.size();
    field.bytes = repaired_utf8(std::move(field.bytes));
    grown += field.bytes.size() - std::min(before, field.bytes.size());
    if (&field != &fields_[kText] || !cut) continue;
    event_.cut = true;
    field.bytes += kCutMark;
  }
  if (!charge(grown)) return;
  state_ = State::header;
  event_.text = std::move(fields_[kText].bytes);
  event_.mode = std::move(fields_[kMode].bytes);
  event_.label = std::move(fields_[kLabel].bytes);
  if (fields_[kDuration].length <= kMaxDuration)
    event_.milliseconds = read_duration(fields_[kDuration].bytes);
  ++events_;
  on_event_(std::move(event_));
}

std::optional<std::string> ChannelParser::feed(std::string_view bytes) {
  events_ = 0;
  while (!bytes.empty() && alive()) {
    if (state_ == State::header)
      take_header(bytes);
    else
      take_fields(bytes);
  }
  if (!alive()) return std::nullopt;
  return std::string(events_, '\n');
}

}  // namespace cloche::runner
