#include "cli/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cloche::cli {

namespace {

constexpr auto kInterval = std::chrono::milliseconds(80);

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

std::size_t columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

ProgressBar::ProgressBar(std::string title)
    : title_(std::move(title)),
      terminal_(is_terminal()),
      began_(std::chrono::steady_clock::now()),
      last_(began_ - kInterval) {}

ProgressBar::~ProgressBar() {
  clear();
}

double ProgressBar::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

void ProgressBar::update(const std::string& what, std::uint64_t done, std::uint64_t of) {
  const bool new_stage = what != shown_;
  if (!terminal_) {
    if (new_stage) std::fprintf(stderr, "%s: %s\n", title_.c_str(), what.c_str());
    shown_ = what;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!new_stage && now - last_ < kInterval && done != of) return;
  last_ = now;
  shown_ = what;
  const double part = of == 0 ? 0 : static_cast<double>(done) / static_cast<double>(of);
  draw(what, static_cast<unsigned>(std::min(1.0, part) * 100), of != 0);
}

void ProgressBar::draw(const std::string& what, unsigned percent, bool known) {
  constexpr std::size_t kWidest = 32;
  const std::size_t width = columns() - 1;
  char text[256];
  std::snprintf(text, sizeof text, "%.40s  %-28.60s", title_.c_str(), what.c_str());
  std::string line = text;
  if (known) {
    char number[16];
    std::snprintf(number, sizeof number, " %3u%%", percent);
    if (width > line.size() + 16) {
      const std::size_t room = std::min(kWidest, width - line.size() - 9);
      const std::size_t full = room * percent / 100;
      line += " [" + std::string(full, '=') + std::string(room - full, ' ') + "]";
    }
    line += number;
  }
  std::snprintf(text, sizeof text, "  %.0f s", seconds());
  line += text;
  if (line.size() > width) line.resize(width);
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace cloche::cli
