// The WebSocket of Piston's API, for interactive programs.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <cstring>
#include <variant>

#include "runner/report/report_json.h"
#include "service/api/deliver.h"
#include "service/api/handlers.h"
#include "service/api/piston.h"
#include "service/api/submit.h"
#include "service/api/text_pieces.h"
#include "util/text.h"

namespace cloche::service {

namespace {

constexpr std::chrono::seconds kInitTime{1};
// The close codes of the API.
constexpr unsigned short kAlreadyInitialised = 4000, kTooLate = 4001, kErrorNotified = 4002,
                         kNotInitialised = 4003, kOnlyStdin = 4004, kInvalidSignal = 4005,
                         kCompleted = 4999;

// The most messages of the client and events of its run that may wait. At this number no more of
// the client's messages are read.
constexpr std::size_t kMostWaiting = 64;

// A reason to close the conversation.
struct Close {
  unsigned short code;
  std::string reason;
};

struct TimeOut {};
struct Gone {};
using Heard = std::variant<std::string, RunEvent, TimeOut, Gone>;
using Ears = std::shared_ptr<Mailbox<Heard>>;

int signal_of(const std::string& name) {
  for (int number = 1; number < 32; ++number)
    if (signal_name(number) == name) return number;
  throw Close{kInvalidSignal, "Invalid signal"};
}

Awaitable<void> listen(std::shared_ptr<WebSocket> socket, Ears ears) {
  for (;;) {
    auto message = co_await socket->read();
    if (!message) break;
    ears->put(std::move(*message));
    co_await ears->room(kMostWaiting);
  }
  ears->put(Gone{});
}

class Conversation {
 public:
  Conversation(Service& service, Exchange& exchange, std::shared_ptr<WebSocket> socket)
      : service_(service),
        exchange_(exchange),
        socket_(std::move(socket)),
        ears_(std::make_shared<Mailbox<Heard>>(service.context.get_executor())),
        init_time_(service.context) {}

  Awaitable<void> hold() {
    asio::co_spawn(service_.context, listen(socket_, ears_), asio::detached);
    init_time_.expires_after(kInitTime);
    init_time_.async_wait([ears = ears_](boost::system::error_code error) {
      if (!error) ears->put(TimeOut{});
    });
    std::optional<Close> close;
    while (!close && !gone_) close = co_await hear();
    init_time_.cancel();
    if (run_) run_->cancel();
    if (close) co_await socket_->close(close->code, close->reason);
    // The listener uses the connection until its end, so wait for that.
    while (!gone_) {
      const Heard heard = co_await ears_->take();
      gone_ = std::holds_alternative<Gone>(heard);
    }
  }

 private:
  // Handles the next message or event. Returns a reason if it closes the conversation.
  Awaitable<std::optional<Close>> hear() {
    Heard heard = co_await ears_->take();
    std::optional<Close> close;
    std::vector<std::string> answers;
    try {
      if (std::holds_alternative<Gone>(heard)) {
        gone_ = true;
      } else if (std::holds_alternative<TimeOut>(heard)) {
        if (!run_) close = Close{kTooLate, "Initialization Timeout"};
      } else if (auto* message = std::get_if<std::string>(&heard)) {
        answers = {take(*message)};
      } else {
        answers = tell(std::get<RunEvent>(heard), close);
      }
    } catch (const Close& why) {
      close = why;
    } catch (const HttpError& error) {
      answers = {notify(error.what())};
      close = Close{kErrorNotified, "Notified Error"};
    }
    for (std::string& answer : answers) {
      if (answer.empty() || gone_) continue;
      // If that fails, the listener notices it, too.
      co_await socket_->send(std::move(answer));
    }
    co_return close;
  }

  static std::string notify(const std::string& message) {
    return Json({{"type", "error"}, {"message", message}})
        .dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  // Handles a message of the client. The answer may be empty.
  std::string take(const std::string& text) {
    const Json message = Json::parse(text, nullptr, false);
    if (!message.is_object() || !message.contains("type") || !message["type"].is_string())
      throw HttpError(400, "invalid_request", "type is required as a string");
    const std::string type = message["type"];
    if (type == "init") return init(message);
    if (type == "data") {
      if (!run_) throw Close{kNotInitialised, "Not yet initialized"};
      if (message.value("stream", "stdin") != "stdin")
        throw Close{kOnlyStdin, "Can only write to stdin"};
      run_->input(message.value("data", ""));
    } else if (type == "signal") {
      if (!run_) throw Close{kNotInitialised, "Not yet initialized"};
      run_->signal(signal_of(message.value("signal", "")));
    }
    return {};
  }

  std::string init(const Json& message) {
    if (run_) throw Close{kAlreadyInitialised, "Already Initialized"};
    piston::Wanted wanted = piston::read_request(service_, message);
    wanted.order.observe = true;
    wanted.order.interactive = true;
    const Json runtime = {
        {"type", "runtime"}, {"language", wanted.language}, {"version", wanted.version}};
    run_ = submit(service_, exchange_.request(), wanted.order,
                  [ears = ears_](RunEvent event) { deliver(*ears, std::move(event)); });
    init_time_.cancel();
    return runtime.dump();
  }

  // The messages for an event of the run. Empty messages are not sent.
  std::vector<std::string> tell(const RunEvent& event, std::optional<Close>& close) {
    if (event.kind == RunEvent::Kind::phase) return begin_stage(event.text);
    if (event.kind == RunEvent::Kind::output)
      return {data(event.stream, pieces_[event.stream == 2].take(event.text).bytes)};
    if (!event.last()) return {};
    if (!event.outcome) throw failure_of(event);
    close = Close{kCompleted, "Job Completed"};
    return {data(1, pieces_[0].rest().bytes), data(2, pieces_[1].rest().bytes),
            exit(Json::parse(event.outcome->result))};
  }

  std::vector<std::string> begin_stage(const std::string& phase) {
    if (phase != "compile" && phase != "run") return {};
    // A new stage begins only if the one before ended well.
    std::string ended = stage_.empty() ? std::string() : exit_of(stage_, 0, Json());
    stage_ = phase;
    return {std::move(ended), Json({{"type", "stage"}, {"stage", phase}}).dump()};
  }

  static std::string data(int stream, const std::string& bytes) {
    if (bytes.empty()) return {};
    return Json({{"type", "data"}, {"stream", stream == 2 ? "stderr" : "stdout"}, {"data", bytes}})
        .dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  static std::string exit_of(const std::string& stage, const Json& code, const Json& signal) {
    return Json({{"type", "exit"}, {"stage", stage}, {"code", code}, {"signal", signal}}).dump();
  }

  std::string exit(const Json& result) const {
    const Json signal = result.value("exitSignal", Json());
    return exit_of(stage_.empty() ? "run" : stage_,
                   signal.is_null() ? result.value("exitCode", Json()) : Json(), signal);
  }

  Service& service_;
  Exchange& exchange_;
  const std::shared_ptr<WebSocket> socket_;
  const Ears ears_;
  asio::steady_timer init_time_;
  std::shared_ptr<Run> run_;
  TextPieces pieces_[2];
  std::string stage_;
  bool gone_ = false;
};

}  // namespace

Awaitable<void> get_connect(Service& service, Exchange& exchange) {
  std::shared_ptr<WebSocket> socket =
      co_await exchange.accept_websocket(service.config.http.body_bytes);
  if (!socket) co_return;
  Conversation conversation(service, exchange, socket);
  co_await conversation.hold();
}

}  // namespace cloche::service
