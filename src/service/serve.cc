#include "service/serve.h"

#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <list>

#include "cloche/error.h"
#include "cloche/host.h"
#include "service/http/listener.h"
#include "service/listen_address.h"
#include "service/service.h"
#include "util/file.h"

namespace cloche::service {

namespace {

// Raises the soft limit of descriptors to the hard limit: each client needs a socket.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::shared_ptr<asio::ssl::context> make_tls(const TlsConfig& config) {
  if (config.certificate.empty()) return nullptr;
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  try {
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    tls->use_certificate_chain_file(config.certificate);
    tls->use_private_key_file(config.key, asio::ssl::context::pem);
  } catch (const boost::system::system_error& failed) {
    throw Error(ErrorKind::bad_data, "use the certificate " + config.certificate +
                                         " with the key " + config.key + ": " + failed.what());
  }
  return tls;
}

std::vector<Listening> open_sockets(const ServiceConfig& config) {
  std::vector<Listening> sockets = listening_from_systemd();
  // check_config() does not see the sockets of systemd.
  if (config.auth.mode == AuthMode::none)
    for (const Listening& each : sockets)
      if (!is_local(parse_listen_address(each.name)))
        throw Error(ErrorKind::usage,
                    "serve without tokens at " + each.name + ", a socket of systemd", 0,
                    "set auth.mode, or let systemd listen on this machine only");
  // Sockets from systemd replace the default address, but not an address that the operator chose.
  if (!sockets.empty() && config.listen == ServiceConfig().listen) return sockets;
  for (const std::string& address : config.listen) sockets.push_back(listen_at(address));
  return sockets;
}

void write_port(const std::string& file, const std::vector<Listening>& sockets) {
  if (file.empty()) return;
  for (const Listening& each : sockets)
    if (!each.name.starts_with("unix:"))
      return replace_file(file, each.name.substr(each.name.rfind(':') + 1) + "\n");
}

// Handlers that still wait when the loop has ended refer to the service. drop_waiting() destroys
// them before the service is destroyed.
struct Loop : asio::io_context {
  using asio::io_context::io_context;
  void drop_waiting() { shutdown(); }
};

class Process {
 public:
  explicit Process(const ServiceConfig& config)
      : service_(context_, config),
        stop_(context_, SIGTERM, SIGINT),
        reload_(context_, SIGHUP),
        watchdog_(context_) {}

  int run(const std::string& port_file) {
    tls_ = make_tls(service_.config.tls);
    auto sockets = open_sockets(service_.config);
    write_port(port_file, sockets);
    for (Listening& each : sockets) {
      service_.log.info("listening", {{"address", each.name}});
      listeners_.emplace_back(context_, std::move(each), tls_, service_.front(),
                              service_.connections);
    }
    await_stop();
    await_reload();
    feed_watchdog();
    ::sd_notify(0, "READY=1");
    context_.run();
    context_.drop_waiting();
    service_.log.info("ended");
    return 0;
  }

 private:
  void await_stop() {
    stop_.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      if (service_.draining()) return context_.stop();
      service_.log.info("stopping", {{"running", service_.scheduler.running()},
                                     {"queued", service_.scheduler.queued()}});
      ::sd_notify(0, "STOPPING=1");
      for (Listener& listener : listeners_) listener.close();
      asio::co_spawn(context_, service_.drain(),
                     [this](const std::exception_ptr&) { context_.stop(); });
      await_stop();
    });
  }

  void await_reload() {
    reload_.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      service_.reload();
      reload_tls();
      await_reload();
    });
  }

  // Certificates are renewed while the service runs. Existing connections keep the old one.
  void reload_tls() {
    if (!tls_) return;
    try {
      *tls_ = std::move(*make_tls(service_.config.tls));
      service_.log.info("certificate read");
    } catch (const Error& failed) {
      service_.log.error("certificate not read", {{"error", failed.what()}});
    }
  }

  // Feeds the watchdog twice per interval, as sd_watchdog_enabled(3) recommends.
  void feed_watchdog() {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) <= 0) return;
    ::sd_notify(0, "WATCHDOG=1");
    watchdog_.expires_after(std::chrono::microseconds(microseconds / 2));
    watchdog_.async_wait([this](boost::system::error_code error) {
      if (!error) feed_watchdog();
    });
  }

  Loop context_{1};
  Service service_;
  asio::signal_set stop_, reload_;
  asio::steady_timer watchdog_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::list<Listener> listeners_;
};

}  // namespace

int serve(const ServiceConfig& config, const std::string& port_file) {
  raise_descriptor_limit();
  settle_control_groups();
  Process process(config);
  return process.run(port_file);
}

}  // namespace cloche::service
