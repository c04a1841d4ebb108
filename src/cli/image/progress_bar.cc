#include "cli/image/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/signals.h"
#include "cli/terminal.h"
#include "cloche/error.h"
#include "util/json.h"

namespace cloche::cli {

namespace {

std::string megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", bytes / 1e6);
  return text;
}

std::string clock_text(double seconds) {
  char text[32];
  if (seconds < 100) {
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  } else {
    const auto whole = static_cast<unsigned long>(seconds);
    std::snprintf(text, sizeof text, "%lu:%02lu min", whole / 60, whole % 60);
  }
  return text;
}

// Thrown when a signal asks for an end; passes through the library.
struct Stopped {};

}  // namespace

ProgressForm parse_progress_form(const std::string& text) {
  if (text == "auto") return ProgressForm::automatic;
  if (text == "plain") return ProgressForm::plain;
  if (text == "json") return ProgressForm::json;
  if (text == "none") return ProgressForm::none;
  throw Error(ErrorKind::usage, "show progress as \"" + text + "\"", 0,
              "there are: auto, plain, json, none");
}

ProgressBar::ProgressBar(std::string title, ProgressForm form, ProgressUnit unit)
    : title_(std::move(title)),
      form_(form),
      unit_(unit),
      began_(Clock::now()),
      last_(began_ - kJsonInterval),
      since_(began_) {
  if (form_ == ProgressForm::automatic && !has_progress_terminal()) form_ = ProgressForm::plain;
}

ProgressBar::~ProgressBar() {
  clear();
}

double ProgressBar::seconds() const {
  return std::chrono::duration<double>(Clock::now() - began_).count();
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

void ProgressBar::update(const std::string& what, std::uint64_t done, std::uint64_t of) {
  if (form_ == ProgressForm::none) return;
  const bool new_stage = what != shown_;
  const auto now = Clock::now();
  if (of != of_ || done < first_ || (of == 0 && new_stage)) {
    of_ = of;
    first_ = done;
    since_ = now;
  }
  shown_ = what;
  if (form_ == ProgressForm::plain) {
    if (new_stage) std::fprintf(stderr, "%s: %s\n", title_.c_str(), what.c_str());
    return;
  }
  const auto interval = form_ == ProgressForm::json ? kJsonInterval : kDrawInterval;
  // A program that reads these lines needs the end of each stage, which may follow the last step at
  // once.
  const bool ended = form_ == ProgressForm::json && of != 0 && done == of;
  const bool news = new_stage || (ended && !told_end_);
  if (!news && now - last_ < interval) return;
  last_ = now;
  told_end_ = ended;
  if (form_ == ProgressForm::json) {
    write_json(what, done, of);
  } else {
    draw(what, done, of);
  }
}

double ProgressBar::rate(std::uint64_t done) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - since_).count();
  if (seconds < 0.2 || done <= first_) return -1;
  return static_cast<double>(done - first_) / seconds;
}

double ProgressBar::left(std::uint64_t done, std::uint64_t of) const {
  const double speed = rate(done);
  return speed <= 0 || of < done ? -1 : static_cast<double>(of - done) / speed;
}

void ProgressBar::write_json(const std::string& what, std::uint64_t done, std::uint64_t of) const {
  const auto known = [](double number) { return number < 0 ? Json() : Json(number); };
  const bool bytes = unit_ == ProgressUnit::bytes;
  const Json json = {{"image", title_},
                     {"stage", what},
                     {"unit", bytes ? "bytes" : "permille"},
                     {"done", done},
                     {"total", of == 0 ? Json() : Json(of)},
                     {"rate", known(rate(done))},
                     {"left", known(left(done, of))},
                     {"seconds", seconds()}};
  std::fprintf(stderr, "%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

void ProgressBar::draw(const std::string& what, std::uint64_t done, std::uint64_t of) {
  constexpr std::size_t kWidest = 32;
  const std::size_t width = terminal_size().ws_col - 1;
  std::string counted;
  if (unit_ == ProgressUnit::bytes && done > 0) {
    counted = "  " + megabytes(static_cast<double>(done));
    if (of > 0) counted += "/" + megabytes(static_cast<double>(of));
    counted += " MB";
    if (const double speed = rate(done); speed > 0) counted += "  " + megabytes(speed) + " MB/s";
  }
  const double rest = left(done, of);
  counted += "  " + (of > 0 && rest >= 0 ? clock_text(rest) + " left" : clock_text(seconds()));
  char text[256];
  std::snprintf(text, sizeof text, "%.40s  %-24.60s", title_.c_str(), what.c_str());
  std::string line = text;
  if (of > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(of));
    if (width > line.size() + counted.size() + 16) {
      const std::size_t room = std::min(kWidest, width - line.size() - counted.size() - 8);
      const auto full = static_cast<std::size_t>(static_cast<double>(room) * part);
      line += " [" + std::string(full, '=') + std::string(room - full, ' ') + "]";
    }
    std::snprintf(text, sizeof text, " %3u%%", static_cast<unsigned>(part * 100));
    line += text;
  }
  line += counted;
  if (line.size() > width) line.resize(width);
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

int with_progress(ProgressBar& bar, const std::function<int(const image::Progress&)>& work) {
  StopSignals stop;
  try {
    return work([&](const std::string& what, std::uint64_t done, std::uint64_t of) {
      if (stop.received() != 0) throw Stopped();
      bar.update(what, done, of);
    });
  } catch (...) {
    // A terminal sends the signal to helper programs, too, so they may fail before this program
    // does.
    bar.clear();
    if (stop.received() == 0) throw;
  }
  std::fprintf(stderr, "cloche: stopped; nothing was changed\n");
  return 128 + stop.received();
}

}  // namespace cloche::cli
