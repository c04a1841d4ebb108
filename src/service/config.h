// The configuration of `cloche serve`: one TOML file (docs/service.md). Options of the command
// override it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cloche::service {

// How the service authenticates callers.
enum class AuthMode {
  none,          // everyone is let in: only on loopback addresses and unix sockets
  tokens,        // bearer tokens of a file
  introspection  // another service is asked about each token
};

struct TlsConfig {
  std::string certificate, key;  // files, PEM; both or none

  bool operator==(const TlsConfig&) const = default;
};

struct AuthConfig {
  AuthMode mode = AuthMode::none;
  std::string tokens;                       // the file of tokens (auth/token_file.h)
  std::string url;                          // introspection: GET URL/auth/status
  std::chrono::milliseconds timeout{5000};  // of a request to that URL
  std::chrono::milliseconds cache{10000};   // how long its answers stay valid; 0 asks each time

  bool operator==(const AuthConfig&) const = default;
};

// Per caller (a token, a user of the introspected service, or an address). 0 means no limit.
struct CallerLimits {
  double rate = 0;               // requests a second that start a run, on average
  std::uint32_t burst = 20;      // requests that may come at once before the rate applies
  std::uint32_t concurrent = 0;  // runs at one time, including queued and unread ones

  bool operator==(const CallerLimits&) const = default;
};

struct RunsConfig {
  std::uint32_t cores = 0;         // runs at one time; 0: as many as this process has CPUs
  std::uint64_t memory_bytes = 0;  // of all runs together; 0: three quarters of this machine's
  std::uint32_t queue = 256;       // runs that may wait
  std::chrono::milliseconds queue_time{30000};  // how long a run may wait
  // The largest limits that a request may ask for.
  std::chrono::milliseconds timeout_max{60000};
  std::chrono::milliseconds compile_timeout_max{120000};
  std::uint64_t memory_max = 2ull << 30;
  std::uint64_t output_bytes = 1ull << 20;  // of each stream
  bool strict = false;                      // refuse runs whose limits could only be approximated

  bool operator==(const RunsConfig&) const = default;
};

struct EvalConfig {
  std::string language = "python", version;
  std::chrono::milliseconds timeout{12000};

  bool operator==(const EvalConfig&) const = default;
};

struct HttpConfig {
  std::uint64_t body_bytes = 4ull << 20;
  std::uint32_t header_bytes = 16u << 10;
  std::uint32_t connections = 4096;
  std::chrono::milliseconds header_time{10000};  // from the first byte of a request to its body
  std::chrono::milliseconds body_time{30000};
  std::chrono::milliseconds idle_time{75000};   // of a kept connection
  std::chrono::milliseconds write_time{30000};  // without any progress

  bool operator==(const HttpConfig&) const = default;
};

// The limits of Piston's API for requests that set none. The maxima are those of RunsConfig.
struct PistonConfig {
  bool enabled = true;
  std::chrono::milliseconds run_timeout{3000}, compile_timeout{10000};

  bool operator==(const PistonConfig&) const = default;
};

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warning, error };
struct LogConfig {
  LogFormat format = LogFormat::text;
  LogLevel level = LogLevel::info;
  bool code = false;  // submitted code is logged too

  bool operator==(const LogConfig&) const = default;
};

struct ServiceConfig {
  // In the form of listen_address.h. Sockets from systemd are added, and replace the default.
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  TlsConfig tls;
  AuthConfig auth;
  CallerLimits limits;
  RunsConfig runs;
  EvalConfig eval;
  HttpConfig http;
  PistonConfig piston;
  LogConfig log;
  bool playground = true;
  std::chrono::milliseconds drain_time{30000};  // how long runs may go on after SIGTERM

  bool operator==(const ServiceConfig&) const = default;
};

// Reads a configuration. `document` names it in errors. Throws Error bad_data "read DOCUMENT: line
// N, column M: PROBLEM" for anything that is not TOML, not known, of the wrong type or out of
// range. Every range is in docs/service.md.
ServiceConfig parse_config(const std::string& toml, const std::string& document);

// The names of all keys of the document: "listen", "tls.certificate", …
std::vector<std::string> config_keys();

// Checks the configuration as a whole. Throws Error usage if values contradict each other or are
// dangerous together, such as AuthMode::none on an address that others can reach, or half of a TLS
// pair. Throws no_input, denied or bad_data if a file that it names is missing, open to others or
// malformed.
void check_config(const ServiceConfig& config);

}  // namespace cloche::service
