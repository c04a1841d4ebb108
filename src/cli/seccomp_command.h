// `cloche seccomp`: what profiles of system calls there are, and what they do.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

void add_seccomp_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
