#include "cli/image/progress_board.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/terminal.h"
#include "cloche/error.h"
#include "util/json.h"

namespace cloche::cli {

namespace {}  // namespace

ProgressBoard::Form ProgressBoard::parse(const std::string& text) {
  if (text == "auto") return Form::automatic;
  if (text == "plain") return Form::plain;
  if (text == "json") return Form::json;
  if (text == "none") return Form::none;
  throw Error(ErrorKind::usage, "show progress as \"" + text + "\"", 0,
              "there are: auto, plain, json, none");
}

ProgressBoard::ProgressBoard(Form form)
    : form_(form == Form::automatic && !has_progress_terminal() ? Form::plain : form),
      last_(Clock::now() - kDrawInterval) {}

ProgressBoard::~ProgressBoard() {
  wipe();
}

ProgressBoard::Work& ProgressBoard::work_of(const std::string& title) {
  for (Work& work : works_)
    if (work.title == title) return work;
  works_.push_back({title, {}, 0, Clock::now(), {}, false});
  return works_.back();
}

void ProgressBoard::update(const std::string& title, const std::string& what, std::uint64_t done,
                           std::uint64_t of) {
  const std::lock_guard<std::mutex> held(mutex_);
  Work& work = work_of(title);
  const bool new_stage = what != work.what;
  work.what = what;
  work.percent = of == 0 ? 0 : static_cast<unsigned>(std::min(done, of) * 100 / of);
  const auto now = Clock::now();
  bool ended = false;
  switch (form_) {
    case Form::plain:
      if (new_stage) std::fprintf(stderr, "%s: %s\n", title.c_str(), what.c_str());
      break;
    case Form::json:
      // A program that reads these lines needs the end of each stage, which may follow the last
      // step at once.
      ended = of != 0 && done == of;
      if (!new_stage && !(ended && !work.told_end) && now - work.told < kJsonInterval) break;
      work.told = now;
      work.told_end = ended;
      write_json(work, done, of);
      break;
    case Form::automatic:
      if (!new_stage && now - last_ < kDrawInterval) break;
      last_ = now;
      draw();
      break;
    case Form::none:
      break;
  }
}

void ProgressBoard::finish(const std::string& title, const std::string& line, bool failed) {
  const std::lock_guard<std::mutex> held(mutex_);
  std::erase_if(works_, [&title](const Work& work) { return work.title == title; });
  wipe();
  std::FILE* stream = failed ? stderr : stdout;
  std::fprintf(stream, "%s\n", line.c_str());
  std::fflush(stream);
  if (form_ == Form::automatic) draw();
}

void ProgressBoard::write_json(const Work& work, std::uint64_t done, std::uint64_t of) const {
  const Json json = {{"image", work.title},
                     {"stage", work.what},
                     {"unit", "permille"},
                     {"done", done},
                     {"total", of == 0 ? Json() : Json(of)},
                     {"rate", Json()},
                     {"left", Json()},
                     {"seconds", std::chrono::duration<double>(Clock::now() - work.began).count()}};
  std::fprintf(stderr, "%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

void ProgressBoard::wipe() {
  if (drawn_ > 0) std::fprintf(stderr, "\033[%zuA\r\033[J", drawn_);
  drawn_ = 0;
  std::fflush(stderr);
}

// Every line ends with a line feed, so that the next drawing knows how far up to go.
void ProgressBoard::draw() {
  const winsize size = terminal_size();
  const std::size_t width = size.ws_col - 1U;
  constexpr std::size_t kBar = 24;
  std::string text = drawn_ > 0 ? "\033[" + std::to_string(drawn_) + "A\r" : std::string();
  drawn_ = 0;
  for (const Work& work : works_) {
    if (drawn_ + 1 >= size.ws_row) break;  // lines above the screen could not be erased
    char part[160];
    std::snprintf(part, sizeof part, "%-14.40s  %-30.60s", work.title.c_str(), work.what.c_str());
    std::string line = part;
    if (width > line.size() + kBar + 14) {
      const std::size_t full = kBar * work.percent / 100;
      line += " [" + std::string(full, '=') + std::string(kBar - full, ' ') + "]";
    }
    std::snprintf(part, sizeof part, " %3u%%  %.0f s", work.percent,
                  std::chrono::duration<double>(Clock::now() - work.began).count());
    line += part;
    if (line.size() > width) line.resize(width);
    text += line + "\033[K\n";
    ++drawn_;
  }
  text += "\033[J";
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace cloche::cli
