// Packages of the npm registry in images. A stand-in for npm delivers them.
#include <sys/stat.h>

#include <filesystem>

#include "build_host.h"
#include "catch.h"
#include "image/build/build.h"

using namespace cloche;
using namespace cloche::image;
using test::Host;

TEST_CASE("an npm package is unpacked to its place") {
  Host host;
  host.publish({test::file("package/package.json", R"({"license": "MIT"})"),
                test::file("package/bin/n", "program", 0711),
                test::soft_link("package/link", "bin/n")});
  const std::string root = build(host.store, "x").rootfs;
  CHECK(test::read(root + "/opt/n/bin/n") == "program");
  CHECK(std::filesystem::status(root + "/opt/n/bin/n").permissions() ==
        std::filesystem::perms{0755});
  CHECK(std::filesystem::read_symlink(root + "/opt/n/link") == "bin/n");
}

TEST_CASE("a tar within an npm package is unpacked instead of it") {
  Host host;
  const std::string inner = test::compressed(test::tar({test::file("n-1/bin/n", "inner")}), "gzip");
  SECTION("where it is there") {
    host.publish({test::file("package/n.tar.gz", inner)}, R"(, "archive": "n.tar.gz")");
    const std::string root = build(host.store, "x").rootfs;
    CHECK(test::read(root + "/opt/n/bin/n") == "inner");
    CHECK_FALSE(test::exists(root + "/opt/n/n.tar.gz"));
  }
  SECTION("where it is not, or is a link") {
    host.publish({test::file("package/a", "1"), test::soft_link("package/n.tar.gz", "/etc/passwd")},
                 R"(, "archive": "n.tar.gz")");
    const Error error = test::error_of([&] { build(host.store, "x"); });
    CHECK(error.kind() == ErrorKind::bad_data);
    CHECK(host.left_nothing());
  }
}

TEST_CASE("an npm package that is not the pinned one is refused") {
  Host host;
  host.publish({test::file("package/a", "1")});
  test::write(host.directory / "registry/n@1.0.0",
              test::compressed(test::tar({test::file("package/a", "2")}), "gzip"));
  const Error error = test::error_of([&] { build(host.store, "x"); });
  CHECK(error.kind() == ErrorKind::digest_mismatch);
  CHECK_THAT(error.what(), ContainsSubstring("n@1.0.0"));
  CHECK_FALSE(test::exists(host.directory / "count"));
  CHECK(host.left_nothing());
}

TEST_CASE("an npm package that the registry does not have") {
  Host host;
  host.publish({test::file("package/a", "1")});
  std::filesystem::remove(host.directory / "registry/n@1.0.0");
  const Error error = test::error_of([&] { build(host.store, "x"); });
  CHECK(error.kind() == ErrorKind::system);
  CHECK_THAT(error.what(), ContainsSubstring("npm pack n@1.0.0"));
  CHECK_THAT(error.what(), ContainsSubstring("404"));
  CHECK(host.left_nothing());
}

TEST_CASE("a hostile npm package writes nowhere else") {
  Host host;
  const std::string outside = host.directory / "outside";
  std::filesystem::create_directories(outside);
  std::filesystem::permissions(outside, std::filesystem::perms{0777});
  SECTION("through a symbolic link") {
    host.publish({test::file("package/a", "1"), test::soft_link("package/d", outside),
                  test::file("package/d/evil", "evil")});
    // Inside the package such a path is resolved against the package's own root, where nothing is.
    CHECK(test::error_of([&] { build(host.store, "x"); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("upwards") {
    host.publish({test::file("package/../../../../outside/evil", "evil")});
    CHECK(test::error_of([&] { build(host.store, "x"); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("through a link as its directory") {
    host.publish({test::soft_link("package", outside)});
    static_cast<void>(build(host.store, "x"));
  }
  CHECK(test::listing(outside).empty());
}
