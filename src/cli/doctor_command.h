// `cloche doctor`: reports which features this host offers and lacks.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

void add_doctor_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
