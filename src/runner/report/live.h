// A run as text while it happens, in the formats tokens and tree.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cloche/report.h"

namespace cloche::runner {

// Writes what can be shown at once, and in the end the rest of the report. All of it together is
// what render() gives for the whole report, except for tests in the format tree: their groups are
// named when they begin, so without their time.
class LiveText {
 public:
  // `fd` is 1 or 2.
  using Write = std::function<void(int fd, std::string_view text)>;

  virtual ~LiveText() = default;
  // Makes the observer tell this object of the run. The object must outlive the run.
  void listen(Observer& observer);
  // The text of the report that has not been written yet.
  virtual Rendered rest(const Report& report) = 0;

 protected:
  virtual void phase(std::string_view name) = 0;
  virtual void output(int fd, std::string_view bytes) = 0;
  virtual void token(const Token& token) = 0;
  virtual void end_case(std::size_t index, const CaseReport& one) = 0;
};

struct LiveOptions {
  Format format = Format::tokens;  // tokens or tree
  RenderOptions render;
  bool tests = false;     // the run has tests
  bool terminal = false;  // names the test that runs in a last line, which the next text replaces
};

std::unique_ptr<LiveText> live_text(const LiveOptions& options, LiveText::Write write);

}  // namespace cloche::runner
