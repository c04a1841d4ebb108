// Structs as bytes, for two programs of the same build: a server and its workers.
//
// A struct names its fields once, for both directions:
//
//   static void fields(Same<Point> auto& point, auto& archive) { archive(point.x, point.y); }
//
// It stands in the namespace of the struct, not in an unnamed one, where it would not be found.
// Fields follow one another without names. An integer has eight bytes, the least significant first.
// A string and a list begin with their count. Nothing here recurses on the bytes: only the types
// decide how deep a value is. That is why this is not CBOR, whose readers recurse.
#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "cloche/error.h"

namespace cloche {

// T is Struct or const Struct.
template <typename T, typename Struct>
concept Same = std::same_as<std::remove_const_t<T>, Struct>;

class Packer {
 public:
  template <typename... Values>
  void operator()(const Values&... values) {
    (put(values), ...);
  }
  std::string take() { return std::move(bytes_); }

 private:
  template <std::unsigned_integral Number>
  void put(Number number) {
    for (int shift = 0; shift < 64; shift += 8)
      bytes_ += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xff);
  }
  void put(bool value) { bytes_ += value ? '\1' : '\0'; }
  void put(double value) { put(std::bit_cast<std::uint64_t>(value)); }
  void put(const std::string& text) {
    put(std::uint64_t{text.size()});
    bytes_ += text;
  }
  template <typename Rep, typename Period>
  void put(std::chrono::duration<Rep, Period> time) {
    put(static_cast<std::uint64_t>(time.count()));
  }
  template <typename Value>
  void put(const std::optional<Value>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <typename First, typename Second>
  void put(const std::pair<First, Second>& pair) {
    put(pair.first);
    put(pair.second);
  }
  template <typename Value>
  void put(const std::vector<Value>& list) {
    put(std::uint64_t{list.size()});
    for (const Value& value : list) put(value);
  }
  template <typename Value>
  requires std::is_class_v<Value> || std::is_enum_v<Value>
  void put(const Value& value) {
    if constexpr (std::is_enum_v<Value>)
      put(static_cast<std::uint64_t>(value));
    else
      fields(value, *this);
  }

  std::string bytes_;
};

class Unpacker {
 public:
  // `what` names the bytes in errors and must outlive this.
  Unpacker(std::string_view bytes, const char* what) : rest_(bytes), what_(what) {}

  // Each throws Error bad_data for bytes that a Packer did not write. An enum has a function
  // last_of(Enum) that returns its last value.
  template <typename... Values>
  void operator()(Values&... values) {
    (get(values), ...);
  }
  // Throws Error bad_data if bytes are left.
  void end() const {
    if (!rest_.empty()) fail("it goes on after its end");
  }

 private:
  [[noreturn]] void fail(const char* problem) const {
    throw Error(ErrorKind::bad_data, std::string("read ") + what_ + ": " + problem);
  }
  std::string_view cut(std::uint64_t size) {
    if (size > rest_.size()) fail("it is cut off");
    const std::string_view piece = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(piece.size());
    return piece;
  }
  std::uint64_t number() {
    std::uint64_t number = 0;
    int shift = 0;
    for (const char byte : cut(8)) {
      number |= std::uint64_t{static_cast<unsigned char>(byte)} << shift;
      shift += 8;
    }
    return number;
  }

  template <std::unsigned_integral Number>
  void get(Number& value) {
    const std::uint64_t read = number();
    value = static_cast<Number>(read);
    if (value != read) fail("a number is too large");
  }
  void get(bool& value) {
    const char byte = cut(1).front();
    if (byte != '\0' && byte != '\1') fail("a flag is neither 0 nor 1");
    value = byte == '\1';
  }
  void get(double& value) { value = std::bit_cast<double>(number()); }
  void get(std::string& text) { text = cut(number()); }
  template <typename Rep, typename Period>
  void get(std::chrono::duration<Rep, Period>& time) {
    time = std::chrono::duration<Rep, Period>(static_cast<Rep>(number()));
  }
  template <typename Value>
  void get(std::optional<Value>& value) {
    bool given = false;
    get(given);
    value.reset();
    if (given) get(value.emplace());
  }
  template <typename First, typename Second>
  void get(std::pair<First, Second>& pair) {
    get(pair.first);
    get(pair.second);
  }
  template <typename Value>
  void get(std::vector<Value>& list) {
    const std::uint64_t count = number();
    // Every value takes a byte at least, so a false count cannot make this allocate much.
    if (count > rest_.size()) fail("a list is cut off");
    list.clear();
    for (std::uint64_t i = 0; i < count; ++i) get(list.emplace_back());
  }
  template <typename Value>
  requires std::is_class_v<Value> || std::is_enum_v<Value>
  void get(Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      const std::uint64_t read = number();
      if (read > static_cast<std::uint64_t>(last_of(value))) fail("a choice is not known");
      value = static_cast<Value>(read);
    } else {
      fields(value, *this);
    }
  }

  std::string_view rest_;
  const char* what_;
};

template <typename Value>
std::string pack(const Value& value) {
  Packer packer;
  packer(value);
  return packer.take();
}

// Throws Error bad_data, whose message names `what`.
template <typename Value>
Value unpack(std::string_view bytes, const char* what) {
  Unpacker unpacker(bytes, what);
  Value value;
  unpacker(value);
  unpacker.end();
  return value;
}

}  // namespace cloche
