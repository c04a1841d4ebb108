#include "service/config_reader.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

// Only the headers: the command is linked statically, and Debian's library is a shared one.
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
// toml++ 3.3 asserts that a section's name begins as a name before it tells that it does not.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include "cloche/error.h"
#include "util/quantity.h"

namespace cloche::service {

namespace {

using std::chrono::milliseconds;

// "30s", "1500ms": as it can be written in the document.
std::string written(milliseconds time) {
  static constexpr std::pair<std::int64_t, const char*> kUnits[] = {
      {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}};
  const auto count = time.count();
  for (const auto& [unit, name] : kUnits)
    if (count % unit == 0 && count > 0) return std::to_string(count / unit) + name;
  return std::to_string(count) + (count == 0 ? "s" : "ms");
}

// "64M"
std::string written(std::uint64_t bytes) {
  static constexpr std::string_view kUnits = "KMGT";
  std::string unit;
  for (const char next : kUnits) {
    if (bytes == 0 || bytes % 1024 != 0) break;
    bytes /= 1024;
    unit = next;
  }
  return std::to_string(bytes) + unit;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 60;
  return '"' + std::string(text.substr(0, kMost)) + (text.size() > kMost ? "...\"" : "\"");
}

std::string found(const toml::node& node) {
  if (const auto* text = node.as_string()) return quoted(text->get());
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  return node.is_floating_point() ? "this number" : "a date or time";
}

std::pair<std::string, std::string> parts(const std::string& key) {
  const auto dot = key.find('.');
  if (dot == key.npos) return {{}, key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

// How many letters have to be put in, taken out or changed to make one word of the other.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

template <typename Names, typename Distance>
std::string nearest(const Names& names, const Distance& distance_to) {
  return *std::min_element(names.begin(), names.end(), [&](const auto& one, const auto& other) {
    return distance_to(one) < distance_to(other);
  });
}

// The first byte outside of quotes and comments that is not ASCII, or the text's size. TOML allows
// none there, and toml++ 3.3 looks it up in a table where it may find nothing, which is undefined.
std::size_t first_stray(std::string_view toml) {
  bool comment = false, multi = false;
  char quote = 0;
  const auto tripled = [&](std::size_t i) { return toml.substr(i, 3) == std::string(3, toml[i]); };
  for (std::size_t i = toml.starts_with("\xef\xbb\xbf") ? 3 : 0; i < toml.size(); ++i) {
    const char c = toml[i];
    if (c == '\n') {
      comment = false;
      if (!multi) quote = 0;
    } else if (comment) {
      continue;
    } else if (quote == 0) {
      if ((static_cast<unsigned char>(c) & 0x80U) != 0) return i;
      comment = c == '#';
      if (c != '"' && c != '\'') continue;
      quote = c;
      multi = tripled(i);
      if (multi) i += 2;
    } else if (c == '\\' && quote == '"' && i + 1 < toml.size() && toml[i + 1] != '\n') {
      ++i;
    } else if (c == quote && (!multi || tripled(i))) {
      if (multi) i += 2;
      // Two quotes more may end what is in three.
      for (int more = 0; multi && more < 2 && i + 1 < toml.size() && toml[i + 1] == quote; ++more)
        ++i;
      quote = 0;
      multi = false;
    }
  }
  return toml.size();
}

toml::source_position position_of(std::string_view toml, std::size_t at) {
  toml::source_position position{1, 1};
  for (const char c : toml.substr(0, at)) {
    if (c == '\n')
      position = {position.line + 1, 1};
    else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80)
      ++position.column;
  }
  return position;
}

// Longer names are no slips of the pen, and comparing them would take long.
std::string_view beginning(std::string_view name) {
  return name.substr(0, 60);
}

}  // namespace

struct ConfigReader::Document {
  std::string name;
  toml::table table;

  [[noreturn]] void fail(const toml::source_position& at, const std::string& problem) const {
    throw Error(ErrorKind::bad_data, "read " + name + ": line " + std::to_string(at.line) +
                                         ", column " + std::to_string(at.column) + ": " + problem);
  }
  [[noreturn]] void refuse(const toml::node& node, const std::string& key,
                           const std::string& wanted) const {
    fail(node.source().begin, key + " is " + found(node) + ", but " + wanted + " is wanted");
  }

  const toml::node* find(const std::string& key) const {
    const auto [section, name_in_it] = parts(key);
    const toml::table* place = &table;
    if (!section.empty()) {
      const toml::node* node = table.get(section);
      if (node == nullptr) return nullptr;
      place = node->as_table();
      if (place == nullptr)
        fail(node->source().begin, section + " is a section: write [" + section + "], once");
    }
    return place->get(name_in_it);
  }
};

ConfigReader::ConfigReader(std::string_view toml, std::string document)
    : document_(std::make_unique<Document>()) {
  document_->name = std::move(document);
  if (const std::size_t stray = first_stray(toml); stray < toml.size())
    document_->fail(position_of(toml, stray),
                    "a letter that is not ASCII, outside of quotes and comments");
  try {
    document_->table = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    document_->fail(error.source().begin, std::string(error.description()));
  }
}

ConfigReader::~ConfigReader() = default;

void ConfigReader::boolean(const std::string& key, bool& value) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return;
  if (!node->is_boolean()) document_->refuse(*node, key, "true or false");
  value = node->as_boolean()->get();
}

void ConfigReader::text(const std::string& key, std::string& value) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return;
  if (!node->is_string()) document_->refuse(*node, key, "a text in quotes");
  const std::string& text = node->as_string()->get();
  // It would be cut where it is handed to the system.
  if (text.find('\0') != text.npos) document_->refuse(*node, key, "a text without NUL");
  value = text;
}

void ConfigReader::texts(const std::string& key, std::vector<std::string>& value,
                         const std::function<void(const std::string&)>& check) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return;
  if (!node->is_array()) document_->refuse(*node, key, "a list of texts, [\"...\"],");
  std::vector<std::string> list;
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_string()) document_->refuse(element, key, "a text in quotes");
    list.push_back(element.as_string()->get());
    try {
      check(list.back());
    } catch (const Error& error) {
      document_->refuse(element, key, error.hint());
    }
  }
  value = std::move(list);
}

std::size_t ConfigReader::word(const std::string& key, const std::vector<std::string_view>& names) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return names.size();
  std::string known;
  for (const std::string_view name : names)
    known += (known.empty() ? "" : name == names.back() ? " or " : ", ") + quoted(name);
  if (!node->is_string()) document_->refuse(*node, key, known);
  const auto name = std::find(names.begin(), names.end(), node->as_string()->get());
  if (name == names.end()) document_->refuse(*node, key, known);
  return static_cast<std::size_t>(name - names.begin());
}

void ConfigReader::duration(const std::string& key, milliseconds& value, milliseconds least,
                            milliseconds most) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return;
  const std::string wanted =
      "a time from " + written(least) + " to " + written(most) + ", such as 500ms, 30s or 2m,";
  if (const auto* text = node->as_string()) {
    try {
      // Never less than what was asked for: half a millisecond is not none.
      value = std::chrono::ceil<milliseconds>(parse_duration(text->get(), key));
    } catch (const Error&) {
      document_->refuse(*node, key, wanted);
    }
  } else if (const auto seconds = node->value<double>(); seconds && node->is_number()) {
    if (!(*seconds >= 0 && *seconds <= 86400)) document_->refuse(*node, key, wanted);
    value = milliseconds(static_cast<std::int64_t>(std::ceil(*seconds * 1000)));
  } else {
    document_->refuse(*node, key, wanted);
  }
  if (value < least || value > most) document_->refuse(*node, key, wanted);
}

std::uint64_t ConfigReader::size(const std::string& key, std::uint64_t value, std::uint64_t least,
                                 std::uint64_t most, bool or_zero) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return value;
  const std::string wanted = std::string(or_zero ? "0 or " : "") + "a size from " + written(least) +
                             " to " + written(most) + ", such as 64K or 1.5G,";
  if (const auto* text = node->as_string()) {
    try {
      value = parse_bytes(text->get(), key);
    } catch (const Error&) {
      document_->refuse(*node, key, wanted);
    }
  } else if (const auto* number = node->as_integer(); number != nullptr && number->get() >= 0) {
    value = static_cast<std::uint64_t>(number->get());
  } else {
    document_->refuse(*node, key, wanted);
  }
  if ((value < least || value > most) && !(or_zero && value == 0))
    document_->refuse(*node, key, wanted);
  return value;
}

void ConfigReader::count(const std::string& key, std::uint32_t& value, std::uint32_t least,
                         std::uint32_t most) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return;
  const auto* number = node->as_integer();
  if (number == nullptr || number->get() < least || number->get() > most)
    document_->refuse(
        *node, key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  value = static_cast<std::uint32_t>(number->get());
}

void ConfigReader::number(const std::string& key, double& value, double least, double most) {
  keys_.push_back(key);
  const toml::node* node = document_->find(key);
  if (node == nullptr) return;
  const auto number = node->is_number() ? node->value<double>() : std::nullopt;
  if (!number || !(*number >= least && *number <= most))
    document_->refuse(*node, key,
                      "a number from " + std::to_string(static_cast<std::int64_t>(least)) + " to " +
                          std::to_string(static_cast<std::int64_t>(most)));
  value = *number;
}

void ConfigReader::finish() const {
  const auto known = [&](const std::string& key) {
    return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
  };
  std::vector<std::string> sections;
  for (const std::string& key : keys_)
    if (const std::string section = parts(key).first;
        !section.empty() && std::find(sections.begin(), sections.end(), section) == sections.end())
      sections.push_back(section);

  const auto unknown = [&](const toml::key& key, const std::string& section) {
    const std::string_view name = beginning(key.str());
    const std::string full = (section.empty() ? "" : section + ".") + std::string(key.str());
    const std::string guess = nearest(keys_, [&](const std::string& other) {
      const auto [other_section, other_name] = parts(other);
      // A key of another section is as near as two wrong letters.
      return distance(name, other_name) + (section == other_section ? 0 : 2);
    });
    document_->fail(key.source().begin,
                    "unknown key " + quoted(full) + " (the nearest known is " + guess + ")");
  };
  for (const auto& [key, node] : document_->table) {
    const std::string name(key.str());
    const toml::table* section = node.as_table();
    if (section == nullptr) {
      if (!known(name)) unknown(key, "");
      continue;
    }
    if (std::find(sections.begin(), sections.end(), name) == sections.end()) {
      const std::string guess = nearest(
          sections, [&](const std::string& other) { return distance(beginning(name), other); });
      document_->fail(key.source().begin, "unknown section " + quoted(name) +
                                              " (the nearest known is [" + guess + "])");
    }
    for (const auto& [inner, value] : *section)
      if (!known(name + "." + std::string(inner.str()))) unknown(inner, name);
  }
}

}  // namespace cloche::service
