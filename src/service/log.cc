#include "service/log.h"

// Header-only: the command is linked statically, and Debian has only shared libraries.
#define FMT_HEADER_ONLY
#define SPDLOG_FMT_EXTERNAL
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>

#include "util/printable.h"

namespace cloche::service {

namespace {

using nlohmann::json;

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

// Whether a text needs no quotes: the next space ends it.
bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > ' ' && c < 127 && c != '"' && c != '\\' && c != '=';
  });
}

void quote(std::string& line, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  line += '"';
  while (!text.empty()) {
    const std::size_t size = printable_at(text, 0);
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte == '"' || byte == '\\')
      (line += '\\') += text.front();
    else if (size > 0)
      line += text.substr(0, size);
    else if (byte == '\n')
      line += "\\n";
    else if (byte == '\t')
      line += "\\t";
    else
      ((line += "\\x") += kDigits[byte >> 4]) += kDigits[byte & 15];
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  line += '"';
}

// Escapes everything outside of ASCII, so that text controls no terminal and breaks no reader.
std::string dumped(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::string as_text(std::string_view event, std::initializer_list<Field> fields) {
  std::string line(event);
  for (const auto& [name, value] : fields) {
    ((line += ' ') += name) += '=';
    if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      is_word(text) ? void(line += text) : quote(line, text);
    } else {
      line += dumped(value);
    }
  }
  return line;
}

// The members of the JSON object after the time and level.
std::string as_json(std::string_view event, std::initializer_list<Field> fields) {
  std::string line = "\"event\":" + dumped(event);
  for (const auto& [name, value] : fields) ((line += ',') += dumped(name)) += ':' + dumped(value);
  return line;
}

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

}  // namespace

struct Log::Impl {
  LogFormat format;
  spdlog::logger logger{"", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) noexcept
      try {
    const auto at = level_of(level);
    if (!logger.should_log(at)) return;
    const std::string line =
        format == LogFormat::json ? as_json(event, fields) : as_text(event, fields);
    // A string_view is not parsed as a format: the line itself may contain braces.
    logger.log(at, spdlog::string_view_t(line));
  } catch (...) {
  }
};

Log::Log(const LogConfig& config) : impl_(new Impl{config.format}), code_(config.code) {
  impl_->logger.set_level(level_of(config.level));
  impl_->logger.set_error_handler([](const std::string&) {});
  impl_->logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      config.format == LogFormat::json ? kJsonPattern : kTextPattern,
      spdlog::pattern_time_type::utc));
}

Log::~Log() = default;

void Log::debug(std::string_view event, std::initializer_list<Field> fields) noexcept {
  impl_->write(LogLevel::debug, event, fields);
}
void Log::info(std::string_view event, std::initializer_list<Field> fields) noexcept {
  impl_->write(LogLevel::info, event, fields);
}
void Log::warning(std::string_view event, std::initializer_list<Field> fields) noexcept {
  impl_->write(LogLevel::warning, event, fields);
}
void Log::error(std::string_view event, std::initializer_list<Field> fields) noexcept {
  impl_->write(LogLevel::error, event, fields);
}

}  // namespace cloche::service
