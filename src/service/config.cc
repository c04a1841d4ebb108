#include "service/config.h"

#include "service/config_reader.h"
#include "service/listen_address.h"

namespace cloche::service {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kKilo = 1u << 10, kMega = 1u << 20, kGiga = 1u << 30;
constexpr std::uint64_t kMostMemory = 64 * kGiga * 1024;  // 64T
constexpr std::uint32_t kMillion = 1'000'000;

// Reads every key of the document, in the order of docs/service.md.
void read(ConfigReader& reader, ServiceConfig& config) {
  reader.texts("listen", config.listen,
               [](const std::string& address) { (void)parse_listen_address(address); });
  reader.boolean("playground", config.playground);
  reader.duration("drain_time", config.drain_time, 0s, 1h);

  reader.text("tls.certificate", config.tls.certificate);
  reader.text("tls.key", config.tls.key);

  reader.choice<AuthMode>("auth.mode", config.auth.mode,
                          {{"none", AuthMode::none},
                           {"tokens", AuthMode::tokens},
                           {"introspection", AuthMode::introspection}});
  reader.text("auth.tokens", config.auth.tokens);
  reader.text("auth.url", config.auth.url);
  reader.duration("auth.timeout", config.auth.timeout, 100ms, 1min);
  reader.duration("auth.cache", config.auth.cache, 0s, 1h);

  reader.number("limits.rate", config.limits.rate, 0, kMillion);
  reader.count("limits.burst", config.limits.burst, 1, kMillion);
  reader.count("limits.concurrent", config.limits.concurrent, 0, kMillion);

  auto& runs = config.runs;
  reader.count("runs.cores", runs.cores, 0, 4096);
  reader.bytes("runs.memory", runs.memory_bytes, 16 * kMega, kMostMemory, true);
  reader.count("runs.queue", runs.queue, 0, 100'000);
  reader.duration("runs.queue_time", runs.queue_time, 1ms, 1h);
  reader.duration("runs.timeout_max", runs.timeout_max, 1ms, 24h);
  reader.duration("runs.compile_timeout_max", runs.compile_timeout_max, 1ms, 24h);
  reader.bytes("runs.memory_max", runs.memory_max, kMega, kMostMemory);
  reader.bytes("runs.output", runs.output_bytes, kKilo, kGiga);
  reader.boolean("runs.strict", runs.strict);

  reader.text("eval.language", config.eval.language);
  reader.text("eval.version", config.eval.version);
  reader.duration("eval.timeout", config.eval.timeout, 1ms, 24h);

  auto& http = config.http;
  reader.bytes("http.body", http.body_bytes, kKilo, kGiga);
  reader.bytes("http.header", http.header_bytes, kKilo, kMega);
  reader.count("http.connections", http.connections, 1, kMillion);
  reader.duration("http.header_time", http.header_time, 100ms, 1h);
  reader.duration("http.body_time", http.body_time, 100ms, 1h);
  reader.duration("http.idle_time", http.idle_time, 100ms, 1h);
  reader.duration("http.write_time", http.write_time, 100ms, 1h);

  reader.boolean("piston.enabled", config.piston.enabled);
  reader.duration("piston.run_timeout", config.piston.run_timeout, 1ms, 24h);
  reader.duration("piston.compile_timeout", config.piston.compile_timeout, 1ms, 24h);

  reader.choice<LogFormat>("log.format", config.log.format,
                           {{"text", LogFormat::text}, {"json", LogFormat::json}});
  reader.choice<LogLevel>("log.level", config.log.level,
                          {{"debug", LogLevel::debug},
                           {"info", LogLevel::info},
                           {"warning", LogLevel::warning},
                           {"error", LogLevel::error}});
  reader.boolean("log.code", config.log.code);
}

}  // namespace

ServiceConfig parse_config(const std::string& toml, const std::string& document) {
  ConfigReader reader(toml, document);
  ServiceConfig config;
  read(reader, config);
  reader.finish();
  return config;
}

std::vector<std::string> config_keys() {
  ConfigReader reader("", "");
  ServiceConfig config;
  read(reader, config);
  return reader.keys();
}

}  // namespace cloche::service
