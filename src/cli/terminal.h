// The terminals behind standard output and standard error.
#pragma once

#include <sys/ioctl.h>

#include <chrono>

namespace cloche::cli {

// How often progress is drawn anew on a terminal, and written as JSON lines.
inline constexpr auto kDrawInterval = std::chrono::milliseconds(80);
inline constexpr auto kJsonInterval = std::chrono::milliseconds(250);

// Whether standard error is a terminal that can move its cursor (TERM is set and is not "dumb").
bool has_progress_terminal();

// Rows and columns of the terminal behind standard error; 24 and 80 if they are not known.
winsize terminal_size();

// Whether standard output is a terminal that shows colours, and NO_COLOR does not forbid them.
bool wants_colour();

}  // namespace cloche::cli
