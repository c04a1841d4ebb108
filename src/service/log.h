// The service's log: one event a line, as text for people or JSON for machines, on standard error.
//
//   2026-11-22T12:00:00.123Z info run finished id=5f2c language=python output="a \"b\"\n"
//   {"time":"2026-11-22T12:00:00.123Z","level":"info","event":"run finished","id":"5f2c", …}
#pragma once

#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "service/config.h"

namespace cloche::service {

// A name and its value: a text, number or truth. Text from outside may hold anything: what would
// break a line or steer a terminal is escaped. A name is ours: a word.
using Field = std::pair<std::string_view, nlohmann::json>;

// May be used by several threads. Writing throws nothing, and what cannot be written is lost: a log
// is no reason to fail. It waits where standard error is a pipe that nobody empties.
class Log {
 public:
  explicit Log(const LogConfig& config);
  ~Log();

  void debug(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;
  void info(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;
  void warning(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;
  void error(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;

  // Whether code that callers send is to be logged.
  bool with_code() const { return code_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  bool code_;
};

}  // namespace cloche::service
