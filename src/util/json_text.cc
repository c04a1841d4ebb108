#include "util/json_text.h"

#include <nlohmann/json.hpp>

#include "util/text.h"

namespace cloche {

namespace {

// Scans one text by the grammar of RFC 8259. Each function returns false for a mistake.
class Scanner {
 public:
  // compact: receives the value without white space; null to check only. A value nested more than
  // `most_nesting` is a mistake.
  Scanner(std::string_view text, std::string* compact, unsigned most_nesting)
      : text_(text), compact_(compact), most_nesting_(most_nesting) {}

  bool value(unsigned depth = 0) {
    space();
    if (at_ == text_.size()) return false;
    const char first = text_[at_];
    if (first == '{' || first == '[') return depth < most_nesting_ && list(first, depth);
    if (first == '"') return string();
    if (first == '-' || is_digit(first)) return number();
    return word("null") || word("true") || word("false");
  }

  bool ends() {
    space();
    return at_ == text_.size();
  }

  // Finds the value of the last member of that name; false if there is none.
  bool find(std::string_view name, std::string_view& found) {
    space();
    bool any = false;
    if (!take('{')) return false;
    space();
    while (at_ < text_.size() && text_[at_] != '}') {
      space();
      const std::size_t begin = at_;
      if (!string()) return false;
      const std::string_view key = text_.substr(begin, at_ - begin);
      space();
      if (!take(':')) return false;
      space();
      const std::size_t start = at_;
      if (!value(1)) return false;
      if (nlohmann::json::parse(key).get<std::string>() == name) {
        found = text_.substr(start, at_ - start);
        any = true;
      }
      space();
      if (at_ < text_.size() && text_[at_] != '}' && !take(',')) return false;
    }
    return any;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  void keep(std::size_t from) {
    if (compact_ != nullptr) compact_->append(text_.substr(from, at_ - from));
  }

  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    keep(at_ - 1);
    return true;
  }

  bool list(char open, unsigned depth) {
    const bool object = open == '{';
    const char close = object ? '}' : ']';
    take(open);
    space();
    if (take(close)) return true;
    for (;;) {
      if (object) {
        space();
        if (!string()) return false;
        space();
        if (!take(':')) return false;
      }
      if (!value(depth + 1)) return false;
      space();
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }

  // The four digits after \u, or -1.
  int code() {
    if (text_.size() - at_ < 4) return -1;
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_++];
      const char lower = static_cast<char>(c | 0x20);
      if (!is_digit(c) && (lower < 'a' || lower > 'f')) return -1;
      value = value * 16 + (is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    return value;
  }

  bool escape() {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    const int first = code();
    if (first < 0xd800 || first > 0xdfff) return first >= 0;
    if (first > 0xdbff || text_.substr(at_, 2) != "\\u") return false;
    at_ += 2;
    const int second = code();
    return second >= 0xdc00 && second <= 0xdfff;
  }

  bool string() {
    const std::size_t begin = at_;
    if (at_ == text_.size() || text_[at_] != '"') return false;
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') {
        keep(begin);
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20 || (c == '\\' && !escape())) return false;
    }
    return false;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > begin;
  }

  bool number() {
    const std::size_t begin = at_;
    if (text_[at_] == '-') ++at_;
    const bool zero = at_ < text_.size() && text_[at_] == '0';
    if (zero ? (++at_, false) : !digits()) return false;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!digits()) return false;
    }
    keep(begin);
    return true;
  }

  bool word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    keep(at_ - word.size());
    return true;
  }

  const std::string_view text_;
  std::string* const compact_;
  const unsigned most_nesting_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::string> compact_json(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  Scanner scanner(text, &compact, kMostNesting);
  if (!is_utf8(text) || !scanner.value() || !scanner.ends()) return std::nullopt;
  return compact;
}

std::optional<std::string_view> member_text(std::string_view object, std::string_view name) {
  std::string_view found;
  // A call's arguments are a member of a member of the request.
  if (!Scanner(object, nullptr, kMostNesting + 2).find(name, found)) return std::nullopt;
  return found;
}

}  // namespace cloche
