#include "cloche/error.h"
#include "host/probes.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::host {

std::string small_file(const std::string& path) {
  try {
    return read_file(path);
  } catch (const Error&) {
    return {};
  }
}

std::string shipped_file(const std::string& relative) {
  try {
    return data_path("host/" + relative);
  } catch (const Error&) {
    return "host/" + relative;
  }
}

}  // namespace cloche::host
