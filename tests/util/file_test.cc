#include "util/file.h"

#include <stdlib.h>

#include <filesystem>

#include "catch.h"
#include "cloche/error.h"

namespace {

struct TemporaryDirectory {
  std::string path = "/tmp/cloche-test-XXXXXX";
  TemporaryDirectory() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("replace_file makes parents and replaces in one step") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "/a/b/file";
  cloche::replace_file(path, "one");
  cloche::replace_file(path, std::string("t\0wo", 4));
  CHECK(cloche::read_file(path) == std::string("t\0wo", 4));
  // No incomplete file stays beside it.
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path + "/a/b"), {}) == 1);
}

TEST_CASE("reading a missing file says so") {
  try {
    cloche::read_file("/nonexistent/file");
    FAIL("no error");
  } catch (const cloche::Error& error) {
    CHECK(error.kind() == cloche::ErrorKind::no_input);
    CHECK_THAT(error.what(), ContainsSubstring("/nonexistent/file"));
  }
}
