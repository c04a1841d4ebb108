#include "toy.h"

#include <stdlib.h>

#include <filesystem>

#include "catch.h"
#include "util/file.h"
#include "util/paths.h"

using namespace cloche::runner;

namespace {

const char* const kProfile = R"({
  "language": "toy",
  "versions": [{"version": "1", "image": "python"}],
  "run": {"files": {"s.sh": "${setup}\n${solution}"},
          "compile": [{"if": "options.compile", "argv": ["sh", "-c", "${options.compile}"]}],
          "run": {"argv": [{"if": "options.program", "argv": ["${options.program}"]}, "sh", "s.sh"]}},
  "call": {"files": {"s.sh": "${solution}", "call.json": "${call}"}, "run": {"argv": ["sh", "s.sh"]},
           "named_arguments": true},
  "frameworks": [{"name": "raw", "files": {"t.sh": "${fixture}"}, "run": {"argv": ["sh", "t.sh"]}}],
  "clean": {"stdout": [{"match": "SECRET", "replace": ""}]}
})";

}  // namespace

const std::string kSpeak = R"(
read -r word protocol nonce <&3
say() {
  printf '%s %s %d %d 0 0 %d\n%s%s' "$nonce" "$1" "${3-1}" "${#2}" "${#4}" "$2" "$4" >&4
  read -r answer <&3
}
two_lines='a
b'
)";

Data::Data(const std::map<std::string, std::string>& more) {
  const std::string adapters = cloche::data_path("adapters");
  const std::string seccomp = cloche::data_path("profiles/seccomp");
  REQUIRE(::mkdtemp(path_.data()) != nullptr);
  cloche::replace_file(path_ + "/profiles/languages/toy.json", kProfile);
  std::filesystem::create_directory_symlink(adapters, path_ + "/adapters");
  for (const auto& [path, content] : more) cloche::replace_file(path_ + "/" + path, content);
  std::filesystem::create_directory_symlink(seccomp, path_ + "/profiles/seccomp");
  ::setenv("CLOCHE_DATA_DIR", path_.c_str(), 1);
}

Data::~Data() {
  ::unsetenv("CLOCHE_DATA_DIR");
  std::filesystem::remove_all(path_);
}

Request toy() {
  Request request;
  request.language = "toy";
  return request;
}

Request toy(const std::string& solution) {
  Request request = toy();
  request.solution = solution;
  return request;
}

Report run(const Request& request, const RunOptions& options) {
  const Data data;
  return Runner().run(request, options);
}
