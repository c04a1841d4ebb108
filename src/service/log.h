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

// A name and its value: a text, number or boolean. The name is one word, chosen by this program.
// The text may come from outside: characters that break a line or control a terminal are escaped.
using Field = std::pair<std::string_view, nlohmann::json>;

// Several threads may use it. Writing throws nothing. A line that cannot be written is lost,
// because a log must not make the service fail. Writing blocks while standard error is a full pipe.
class Log {
 public:
  explicit Log(const LogConfig& config);
  ~Log();

  void debug(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;
  void info(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;
  void warning(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;
  void error(std::string_view event, std::initializer_list<Field> fields = {}) noexcept;

  // Whether to log the code that callers send.
  bool with_code() const { return code_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  bool code_;
};

}  // namespace cloche::service
