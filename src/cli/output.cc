#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cloche/error.h"
#include "util/file.h"
#include "util/json.h"

namespace cloche::cli {

namespace {

constexpr const char* kName = "standard output";

}  // namespace

// std::cout is not buffered: it prints through stdout.
void flush_output() {
  if (std::fflush(stdout) != 0) throw Error::from_errno(std::string("write ") + kName, errno);
  // An earlier write of a full buffer may have failed; stdio keeps no errno of it.
  if (std::ferror(stdout) != 0)
    throw Error(ErrorKind::system, std::string("write ") + kName, 0, "not all of it arrived there");
}

void print_json(const nlohmann::json& json) {
  flush_output();
  const std::string text = json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace);
  write_all(STDOUT_FILENO, text + "\n", kName);
}

}  // namespace cloche::cli
