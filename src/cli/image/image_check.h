// Checks that an image works as its recipe says.
#pragma once

#include <functional>
#include <string>

namespace cloche::cli {

// Runs the commands under "check" of the recipe `name`, each in a sandbox of the image `name`.
// `tell` gets each command and the first line that it printed. Throws Error system if one does not
// end with status 0. cancel_fd ends it early.
void check_image(
    const std::string& name, int cancel_fd,
    const std::function<void(const std::string& command, const std::string& said)>& tell);

}  // namespace cloche::cli
