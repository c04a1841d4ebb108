// A language on an image that its caller brings.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "../image/fixture.h"
#include "catch.h"
#include "cloche/image.h"
#include "program.h"

namespace fs = std::filesystem;
using cloche::image::test::Directory;

TEST_CASE("a language runs on an image of the caller's own") {
  // As in the images of Python's makers: the program has no version in its name, and is elsewhere.
  Directory directory;
  const std::string root = directory / "root";
  // The rest has files that only root may read.
  const std::string python = cloche::image::Store::open_default().find("python").rootfs;
  fs::create_directory(root);
  for (const auto& entry : fs::directory_iterator(python))
    if (entry.is_symlink() || entry.path().filename() == "usr")
      fs::copy(entry, root + "/" + entry.path().filename().string(),
               fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::rename(root + "/usr/bin/python3.13", root + "/usr/local/bin/python3");
  fs::remove(root + "/usr/bin/python3");
  const auto cloche = [&directory](const std::vector<std::string>& arguments) {
    return run_cloche(arguments, {}, {"env", "CLOCHE_STORE=" + (directory / "store")});
  };
  REQUIRE(cloche({"image", "import", root, "--name", "my/python:3.12"}).status == 0);

  const Ended ran =
      cloche({"run", "-l", "python", "--image", "my/python:3.12", "-c", "print(6*7)"});
  CHECK(ran.err == "");
  CHECK(ran.out == "42\n");
  const Ended tested = cloche({"run", "-l", "python", "--image", "my/python:3.12", "--format",
                               "json", "-c", "a = 1", "-f", "test.expect(a == 1)"});
  INFO(tested.err);
  const auto json = nlohmann::json::parse(tested.out);
  CHECK(json["stdout"] == "\n<PASSED::>Test Passed\n");
  CHECK(json["image"] == "my/python:3.12");
  CHECK(json["version"].is_null());  // it is unknown

  // The error names the program that the image lacks.
  const Ended lacking = cloche({"run", "-l", "ruby", "--image", "my/python:3.12", "-c", "puts 1"});
  CHECK_THAT(lacking.err, ContainsSubstring("ruby"));
}
