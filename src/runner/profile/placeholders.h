// Texts with placeholders: "${setup}\n${solution}".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cloche::runner {

// The values that placeholders stand for, by name. Options hold several values; as text they are
// joined by commas.
class Values {
 public:
  void set(const std::string& name, std::string value) { texts_[name] = std::move(value); }
  void set_option(const std::string& name, std::vector<std::string> values);

  // Puts the path of a file of the request into the list "files.EXTENSION".
  void add_file(const std::string& path);

  // Empty for an unknown name.
  const std::string& text(const std::string& name) const;
  // The values of "options.NAME" or "files.EXTENSION".
  const std::vector<std::string>& list(const std::string& name) const;
  // Each "NAME" has a value and each "!NAME" has none; empty always holds.
  bool holds(const std::string& condition) const;

 private:
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::vector<std::string>> lists_;
};

// The words of a condition: "NAME" or "!NAME", separated by blanks.
std::vector<std::string> names_in(std::string_view condition);

// The names between "${" and "}".
std::vector<std::string> placeholders_in(std::string_view text);

// Calls `piece` with each part of the expanded text in its order: plain text without a name, and
// the value of a placeholder with its name.
void walk(std::string_view text, const Values& values,
          const std::function<void(const std::string& name, std::string_view piece)>& piece);

// Replaces the placeholders once. Values are not searched for placeholders, so code may hold
// anything. "$${" stands for "${".
std::string expand(std::string_view text, const Values& values);

}  // namespace cloche::runner
