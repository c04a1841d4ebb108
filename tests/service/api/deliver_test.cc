#include "service/api/deliver.h"

#include "catch.h"

using namespace cloche::service;

namespace {

RunEvent output(int stream, const std::string& text) {
  RunEvent event;
  event.kind = RunEvent::Kind::output;
  event.stream = stream;
  event.text = text;
  return event;
}

RunEvent token() {
  RunEvent event;
  event.kind = RunEvent::Kind::token;
  return event;
}

}  // namespace

TEST_CASE("output that waits is joined, each stream for itself") {
  boost::asio::io_context context;
  Mailbox<std::optional<RunEvent>> mailbox(context.get_executor());
  for (int i = 0; i < 1000; ++i) {
    deliver(mailbox, output(1, "o"));
    deliver(mailbox, output(2, "e"));
  }
  REQUIRE(mailbox.waiting().size() == 2);
  CHECK(mailbox.waiting()[0]->text == std::string(1000, 'o'));
  CHECK(mailbox.waiting()[1]->text == std::string(1000, 'e'));
}

TEST_CASE("output is not joined across what came between") {
  boost::asio::io_context context;
  struct Other {};
  Mailbox<std::variant<Other, RunEvent>> mailbox(context.get_executor());
  deliver(mailbox, output(1, "a"));
  deliver(mailbox, token());
  deliver(mailbox, output(1, "b"));
  mailbox.put(Other{});
  deliver(mailbox, output(1, "c"));
  CHECK(mailbox.waiting().size() == 5);
}
