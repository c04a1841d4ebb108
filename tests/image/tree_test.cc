#include "image/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "fixture.h"

using namespace cloche;
using namespace cloche::image;
using image::test::Directory;

TEST_CASE("a tree deeper than any limit of descriptors or paths is removed") {
  Directory directory;
  UniqueFd at(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd top(::dup(at.get()));
  for (int depth = 0; depth < 3000; ++depth) {
    REQUIRE(::mkdirat(at.get(), "deeper", 0700) == 0);
    at.reset(::openat(at.get(), "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(at);
  }
  at.reset();
  remove_tree(top.get(), "deeper");
  CHECK_FALSE(test::exists(directory / "deeper"));
}

TEST_CASE("directories without any rights are removed too") {
  Directory directory;
  REQUIRE(::mkdir((directory / "a").c_str(), 0700) == 0);
  REQUIRE(::mkdir((directory / "a/b").c_str(), 0700) == 0);
  test::write(directory / "a/b/file", "x");
  REQUIRE(::chmod((directory / "a/b").c_str(), 0) == 0);
  REQUIRE(::chmod((directory / "a").c_str(), 0) == 0);
  remove_tree(AT_FDCWD, directory / "a");
  CHECK_FALSE(test::exists(directory / "a"));
}

TEST_CASE("removal does not follow symbolic links") {
  Directory directory;
  REQUIRE(::mkdir((directory / "tree").c_str(), 0700) == 0);
  REQUIRE(::mkdir((directory / "outside").c_str(), 0700) == 0);
  test::write(directory / "outside/file", "x");
  REQUIRE(::symlink((directory / "outside").c_str(), (directory / "tree/link").c_str()) == 0);
  REQUIRE(::symlink((directory / "outside").c_str(), (directory / "link").c_str()) == 0);
  remove_tree(AT_FDCWD, directory / "tree");
  remove_tree(AT_FDCWD, directory / "link");
  CHECK_FALSE(test::exists(directory / "link"));
  CHECK(test::read(directory / "outside/file") == "x");
}

TEST_CASE("removing a missing tree is no error") {
  Directory directory;
  CHECK_NOTHROW(remove_tree(AT_FDCWD, directory / "nothing"));
}

TEST_CASE("a file of several names counts once") {
  Directory directory;
  REQUIRE(::mkdir((directory / "t").c_str(), 0700) == 0);
  test::write(directory / "t/one", "12345");
  REQUIRE(::link((directory / "t/one").c_str(), (directory / "t/two").c_str()) == 0);
  test::write(directory / "t/three", "123");
  CHECK(tree_bytes(AT_FDCWD, directory / "t") == 8);
}
