#include "runner/report/live.h"

#include "runner/report/case_text.h"
#include "runner/report/live_tree.h"
#include "runner/report/tree_text.h"
#include "runner/report/tree_writer.h"

namespace cloche::runner {

namespace {

// Text of which each piece can be written as soon as it is there: tokens, programs, cases.
class LivePieces : public LiveText {
 public:
  LivePieces(const LiveOptions& options, Write write)
      : options_(options), write_(std::move(write)) {}

  Rendered rest(const Report& report) override {
    Rendered text = render(report, options_.format, options_.render);
    text.out.erase(0, written_[0]);
    text.err.erase(0, written_[1]);
    return text;
  }

 protected:
  // The report holds the output of the step that decided it, and that is known of none before.
  void phase(std::string_view name) override { running_ = name == "run"; }

  void output(int fd, std::string_view bytes) override {
    if (!running_) return;
    if (options_.format == Format::tokens) return write(fd, bytes);
    std::string& held = held_[fd == 2];
    held += bytes;
    const std::size_t whole = held.size() - incomplete_sequence(held);
    write(fd, harmless(held.substr(0, whole), options_.render.colour));
    held.erase(0, whole);
  }

  void token(const Token& token) override { write(1, token.rendered); }

  void end_case(std::size_t index, const CaseReport& one) override {
    if (options_.format == Format::tokens) return write(1, case_text(index + 1, one));
    TreeWriter writer(options_.render.colour);
    writer.one_case(index + 1, one);
    write(1, writer.text());
  }

 private:
  void write(int fd, std::string_view text) {
    if (text.empty()) return;
    written_[fd == 2] += text.size();
    write_(fd, text);
  }

  const LiveOptions options_;
  const Write write_;
  bool running_ = false;
  std::string held_[2];  // the beginning of a sequence that is not complete
  std::size_t written_[2] = {0, 0};
};

}  // namespace

void LiveText::listen(Observer& observer) {
  observer.on_phase = [this](std::string_view name) { phase(name); };
  observer.on_output = [this](int fd, std::string_view bytes) { output(fd, bytes); };
  observer.on_token = [this](const Token& token) { this->token(token); };
  observer.on_case = [this](std::size_t index, const CaseReport& one) { end_case(index, one); };
}

std::unique_ptr<LiveText> live_text(const LiveOptions& options, LiveText::Write write) {
  if (options.format == Format::tree && options.tests)
    return std::make_unique<LiveTree>(options, std::move(write));
  return std::make_unique<LivePieces>(options, std::move(write));
}

}  // namespace cloche::runner
