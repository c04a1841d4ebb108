// Paths for health checks and metrics.
#include "service/api/handlers.h"
#include "service/service.h"
#include "util/file.h"
#include "util/json.h"
#include "util/paths.h"

namespace cloche::service {

namespace {

Reply pong() {
  return json_reply({{"status", "success"}, {"message", "pong!"}});
}

Reply health(const Service& service) {
  const bool well = !service.draining() && service.scheduler.workers() > 0;
  const Json state = {{"status", service.draining() ? "draining"
                                 : well             ? "ok"
                                                    : "no workers"},
                      {"version", CLOCHE_VERSION},
                      {"running", service.scheduler.running()},
                      {"queued", service.scheduler.queued()}};
  return json_reply(state, well ? 200 : 503);
}

}  // namespace

Awaitable<void> get_ping(Service&, Exchange& exchange) {
  co_await exchange.reply(pong());
}

Awaitable<void> get_health(Service& service, Exchange& exchange) {
  co_await exchange.reply(health(service));
}

Awaitable<void> get_metrics(Service& service, Exchange& exchange) {
  Metrics::Now now;
  now.queued = service.scheduler.queued();
  now.running = service.scheduler.running();
  now.workers = service.scheduler.workers();
  now.connections = service.connections;
  now.memory_reserved_bytes = service.scheduler.memory_reserved();
  now.draining = service.draining();
  for (const image::Image& image : service.runner.store().list()) {
    ++now.images;
    now.image_bytes += image.bytes;
  }
  Reply reply;
  reply.type = "text/plain; version=0.0.4; charset=utf-8";
  reply.body = service.metrics.render(now);
  co_await exchange.reply(std::move(reply));
}

Awaitable<void> get_openapi(Service&, Exchange& exchange) {
  static const std::string document = read_file(data_path("service/openapi.json"));
  Reply reply;
  reply.body = document;
  co_await exchange.reply(std::move(reply));
}

}  // namespace cloche::service
