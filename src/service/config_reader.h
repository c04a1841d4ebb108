// Reads a TOML document key by key. Errors give the place, the problem and the wanted value.
//
// A key is named with its section, "runs.queue_time", or alone at the top. If the document does not
// have the key, the value stays unchanged. All functions throw Error bad_data: "read DOCUMENT: line
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

  // A list of texts. `check` may refuse each of them with an Error, whose hint is reported.
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

  // The same in bytes. `or_zero` also allows 0, even below `least`.
  template <typename T>
  void bytes(const std::string& key, T& value, std::uint64_t least, std::uint64_t most,
             bool or_zero = false) {
    value = static_cast<T>(size(key, value, least, most, or_zero));
  }

  void count(const std::string& key, std::uint32_t& value, std::uint32_t least, std::uint32_t most);
  void number(const std::string& key, double& value, double least, double most);

  // Call it after all reads. Fails if the document has a key that was not read.
  void finish() const;

  // The keys that were read, in this order.
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  struct Document;

  // The index of the name in the list, or the list's size if the document does not have the key.
  std::size_t word(const std::string& key, const std::vector<std::string_view>& names);
  std::uint64_t size(const std::string& key, std::uint64_t value, std::uint64_t least,
                     std::uint64_t most, bool or_zero);

  std::unique_ptr<Document> document_;
  std::vector<std::string> keys_;
};

}  // namespace cloche::service
