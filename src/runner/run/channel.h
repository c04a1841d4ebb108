// The reporter's channel, protocol 2, as the runner reads it. docs/adapters.md specifies it.
//
// The runner greets with "cloche 2 NONCE\n". An event is one header line
//
//     NONCE TAG LEAD TEXT MODE LABEL MS\n
//
// and then the bytes of four fields, whose lengths the header gives. One line break answers it.
// The tested code may write to the channel too, so everything here is bounded and charged, and
// only the nonce is trusted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/report/event.h"

namespace cloche::runner {

// The longest header, in bytes, with its line break.
inline constexpr std::size_t kMaxHeader = 128;
// At most this many bytes are kept of each field. A longer text ends in kCutMark; the other fields
// are only cut.
inline constexpr std::size_t kMaxText = 1'000'000;
inline constexpr std::size_t kMaxName = 1'000;   // mode and label
inline constexpr std::size_t kMaxDuration = 32;  // milliseconds; a longer one is ignored
inline constexpr std::string_view kCutMark = " [cut]";
// The budget for the events of one run. It pays for the bytes of their fields, kept or not, for the
// bytes that the repair of invalid UTF-8 adds, and kEventCost for each event, which covers its
// nodes in the tree of tests.
inline constexpr std::uint64_t kMaxReport = 64ull << 20;
inline constexpr std::uint64_t kEventCost = 512;

// 32 hexadecimal digits from the kernel's random numbers.
std::string make_nonce();

class ChannelParser {
 public:
  ChannelParser(std::string nonce, std::function<void(Event)> on_event,
                std::uint64_t max_report = kMaxReport)
      : nonce_(std::move(nonce)), on_event_(std::move(on_event)), room_(max_report) {}

  std::string greeting() const { return "cloche 2 " + nonce_ + "\n"; }
  // The greeting of a program that was started before its request was known, with the arguments
  // and the environment ("NAME=value" each) that the program takes from it. No text may hold a NUL.
  std::string greeting(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment) const;

  // Takes the next bytes. Returns the answer, one line break for each event. Returns nothing once
  // the channel is dead: after a broken header no later byte can be trusted to begin an event, and
  // a run that reported too much ends. Bytes for a dead channel are dropped.
  std::optional<std::string> feed(std::string_view bytes);

  // A header was not a valid header of the reporter.
  bool broken() const { return state_ == State::broken; }
  // The events cost more than the run's budget.
  bool full() const { return state_ == State::full; }
  // An event has begun and not ended. At the end of the run it counts as forged.
  bool in_event() const { return state_ == State::fields || (alive() && !header_.empty()); }

 private:
  enum class State { header, fields, broken, full };

  bool alive() const { return state_ == State::header || state_ == State::fields; }
  // Each takes its part from the front of `bytes`.
  void take_header(std::string_view& bytes);
  void take_fields(std::string_view& bytes);
  bool read_header(std::string_view line);
  bool charge(std::uint64_t bytes);
  void finish_field();
  void finish_event();

  struct Field {
    std::uint64_t length;  // as the header says
    std::size_t most;      // bytes that are kept
    std::string bytes;
  };

  const std::string nonce_;
  const std::function<void(Event)> on_event_;
  std::uint64_t room_;
  State state_ = State::header;
  std::string header_;  // the part of a header that has arrived
  Event event_;
  Field fields_[4];
  std::size_t field_ = 0;     // the field that arriving bytes belong to
  std::uint64_t left_ = 0;    // of it
  std::uint64_t events_ = 0;  // events that ended since feed() was called
};

}  // namespace cloche::runner
