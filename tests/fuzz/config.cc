// Configurations of the service.
#include "service/config.h"

#include "fuzz.h"
#include "service/listen_address.h"

using cloche::ErrorKind;
using namespace cloche::service;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ServiceConfig config;
  const bool good = fuzz::accepts({ErrorKind::bad_data}, [&] {
    config = parse_config(std::string(fuzz::text_of(data, size)), "the input");
  });
  if (!good) return 0;
  using namespace std::chrono_literals;
  for (const std::string& address : config.listen) parse_listen_address(address);
  fuzz::demand(config.runs.queue_time >= 1ms && config.runs.queue_time <= 1h,
               "a time is in its range");
  fuzz::demand(config.runs.memory_max >= 1u << 20, "a size is in its range");
  fuzz::demand(config.limits.rate >= 0 && config.limits.rate <= 1e6, "a rate is in its range");
  fuzz::demand(config.http.connections >= 1, "a count is in its range");
  // An input must not make the target read files of this machine.
  config.tls = {};
  if (config.auth.mode == AuthMode::tokens) config.auth.mode = AuthMode::none;
  config.auth.tokens.clear();
  const bool safe = fuzz::accepts({ErrorKind::usage}, [&] { check_config(config); });
  if (!safe || config.auth.mode != AuthMode::none) return 0;
  for (const std::string& address : config.listen)
    fuzz::demand(is_local(parse_listen_address(address)), "everyone is let in only from here");
  return 0;
}
