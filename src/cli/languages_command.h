// `cloche languages`: lists languages, versions and frameworks.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

void add_languages_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
