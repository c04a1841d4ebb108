// Reading a TOML document key by key, with errors that say where, what is wrong and what is wanted.
//
// A key is named with its section, "runs.queue_time", or alone at the top. A key that the document
// does not have leaves the value as it is. Everything throws Error bad_data: "read DOCUMENT: line
// N, column M: PROBLEM".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloche::service {

class ConfigReader {
 public:
  ConfigReader(std::string_view toml, std::string document);
  ~ConfigReader();

  void boolean(const std::string& key, bool& value);
  void text(const std::string& key, std::string& value);

  // A list of texts, each of which `check` may refuse by throwing an Error, whose hint is told.
  void texts(const std::string& key, std::vector<std::string>& value,
             const std::function<void(const std::string&)>& check);

  // One of the names given.
  template <typename T>
  void choice(const std::string& key, T& value,
              const std::vector<std::pair<std::string_view, T>>& names) {
    std::vector<std::string_view> words;
    for (const auto& [name, meaning] : names) words.push_back(name);
    const std::size_t chosen = word(key, words);
    if (chosen < names.size()) value = names[chosen].second;
  }

  // A number or text of util/quantity.h: seconds, unless a unit is given.
  void duration(const std::string& key, std::chrono::milliseconds& value,
                std::chrono::milliseconds least, std::chrono::milliseconds most);

  // Bytes, likewise. 0 is allowed too if `or_zero`.
  template <typename T>
  void bytes(const std::string& key, T& value, std::uint64_t least, std::uint64_t most,
             bool or_zero = false) {
    value = static_cast<T>(size(key, value, least, most, or_zero));
  }

  void count(const std::string& key, std::uint32_t& value, std::uint32_t least, std::uint32_t most);
  void number(const std::string& key, double& value, double least, double most);

  // After everything was read: fails if the document has a key that was not asked for.
  void finish() const;

  // What was asked for, in its order.
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  struct Document;

  // The place of the name in the list, or its size if the document does not have the key.
  std::size_t word(const std::string& key, const std::vector<std::string_view>& names);
  std::uint64_t size(const std::string& key, std::uint64_t value, std::uint64_t least,
                     std::uint64_t most, bool or_zero);

  std::unique_ptr<Document> document_;
  std::vector<std::string> keys_;
};

}  // namespace cloche::service
