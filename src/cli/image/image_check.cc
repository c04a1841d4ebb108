#include "cli/image/image_check.h"

#include <algorithm>

#include "cli/exec_options.h"
#include "cloche/error.h"
#include "cloche/sandbox.h"
#include "image/build/recipe.h"

namespace cloche::cli {

namespace {

std::string shown(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) text += (text.empty() ? "" : " ") + word;
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string first_line(const std::string& text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return {};
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace

void check_image(const std::string& name, int cancel_fd,
                 const std::function<void(const std::string&, const std::string&)>& tell) {
  ExecOptions options;
  options.image = name;
  options.limits.emplace_back([](Spec& spec) {
    spec.limits.memory_bytes = 2ull << 30;  // a JVM needs it even to print its version
    spec.limits.tasks = 512;
    spec.limits.wall_time = std::chrono::minutes(5);
  });
  options.json = true;  // keeps the output
  const image::Image image = find_image(options);
  const Spec spec = make_spec(options, image);
  for (const std::vector<std::string>& argv : image::load_recipe(name).check) {
    Sandbox sandbox(spec);
    Command command;
    command.argv = argv;
    command.cancel_fd = cancel_fd;
    const Result result = sandbox.exec(command);
    const std::string said =
        first_line(result.out.bytes.empty() ? result.err.bytes : result.out.bytes);
    if (result.status != Status::ok || result.exit_code != 0)
      throw Error(ErrorKind::system,
                  "check the image " + name + ": " + shown(argv) + ": " +
                      (result.reason.empty()
                           ? "exit status " + std::to_string(result.exit_code.value_or(-1))
                           : result.reason),
                  0, "it said: " + first_line(result.err.bytes + "\n" + result.out.bytes));
    tell(shown(argv), said);
  }
}

}  // namespace cloche::cli
