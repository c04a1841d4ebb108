#include "service/api/stream.h"

#include "runner/report/report_json.h"
#include "service/api/text_pieces.h"
#include "util/json.h"
#include "util/text.h"

namespace cloche::service {

namespace {

// The interval of comments, which show proxies and clients that the run still lives.
constexpr std::chrono::seconds kKeepAlive{15};

Reply head() {
  Reply reply;
  reply.type = "text/event-stream";
  reply.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  return reply;
}

std::string sse(std::string_view name, const std::string& data) {
  // JSON has no line breaks.
  return "event: " + std::string(name) + "\ndata: " + data + "\n\n";
}

std::string sse(std::string_view name, const Json& data) {
  return sse(name, data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

class Writer {
 public:
  explicit Writer(const std::string& id) : id_(id) {}

  // The event as text; may be empty.
  std::string text_of(const RunEvent& event) {
    switch (event.kind) {
      case RunEvent::Kind::queued:
        return sse("queued", {{"position", event.position}});
      case RunEvent::Kind::started:
        return sse("started", {{"id", id_}});
      case RunEvent::Kind::phase:
        return rest() + sse("phase", {{"phase", event.text}});
      case RunEvent::Kind::output:
        return output(event.stream, pieces_[event.stream == 2].take(event.text));
      case RunEvent::Kind::token:
        return rest() + sse("token", event.text);
      case RunEvent::Kind::outcome:
        return rest() + sse("result", event.outcome->result);
      default:
        return rest() + error(failure_of(event));
    }
  }

 private:
  std::string output(int stream, const TextPieces::Piece& piece) const {
    if (piece.bytes.empty()) return {};
    Json data = {{"stream", stream == 2 ? "stderr" : "stdout"}};
    if (piece.is_text) {
      data["text"] = piece.bytes;
    } else {
      data["base64"] = base64(piece.bytes);
    }
    return sse("output", data);
  }

  // The held-back bytes of characters that stayed incomplete.
  std::string rest() { return output(1, pieces_[0].rest()) + output(2, pieces_[1].rest()); }

  std::string error(const HttpError& error) const {
    return sse("error", {{"error", {{"code", error.code()}, {"message", error.what()}}},
                         {"requestId", id_}});
  }

  const std::string id_;
  TextPieces pieces_[2];
};

}  // namespace

Awaitable<void> stream_events(Service& service, Exchange& exchange, Submitted submitted) {
  const bool begun = co_await exchange.begin_stream(head());
  if (!begun) submitted.run->cancel();

  asio::steady_timer clock(service.context);
  const auto events = submitted.events;
  const auto tick = [&clock, events] {
    clock.expires_after(kKeepAlive);
    clock.async_wait([events](boost::system::error_code error) {
      if (!error) events->put(std::nullopt);
    });
  };
  Writer writer(exchange.request().id);
  tick();
  for (;;) {
    const auto event = co_await events->take();
    const bool last = event && event->last();
    std::string text = ": keep-alive\n\n";
    if (event) text = writer.text_of(*event);
    if (last) give_back(submitted, text.size());
    const bool well = co_await exchange.write(std::move(text));
    if (last) break;
    if (!event) tick();
    if (!well) submitted.run->cancel();  // its last event still comes, and is waited for
  }
  clock.cancel();
  co_await exchange.end_stream();
}

}  // namespace cloche::service
