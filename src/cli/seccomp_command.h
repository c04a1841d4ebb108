// `cloche seccomp`: lists and explains profiles of system calls.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

void add_seccomp_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
