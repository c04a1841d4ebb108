// The service's log: one event a line, as text for people or JSON for machines, on standard error.
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
// break a line or steer a terminal is escaped.
using Field = std::pair<std::string_view, nlohmann::json>;

class Log {
 public:
  explicit Log(const LogConfig& config);
  ~Log();

  void debug(std::string_view event, std::initializer_list<Field> fields = {});
  void info(std::string_view event, std::initializer_list<Field> fields = {});
  void warning(std::string_view event, std::initializer_list<Field> fields = {});
  void error(std::string_view event, std::initializer_list<Field> fields = {});

  bool with_code() const { return code_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  bool code_;
};

}  // namespace cloche::service
