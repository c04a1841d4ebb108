// Layers that try to write somewhere else. The tests judge each from outside: the files beside the
// store must be unchanged.

#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

// Imports the layers into a store that has a file to protect beside it. Holds the root, or nothing
// if the import refused.
struct Attempt {
  Directory place;
  std::string root;
  ErrorKind kind = ErrorKind::internal;

  explicit Attempt(const std::vector<std::vector<Entry>>& layers) {
    ::mkdir((place / "victim").c_str(), 0755);
    write(place / "victim/file", "untouched");
    ::chmod((place / "victim/file").c_str(), 0640);
    try {
      root = import_layers(place, layers);
    } catch (const Error& error) {
      kind = error.kind();
    }
    CHECK(read(place / "victim/file") == "untouched");
    struct stat status {};
    REQUIRE(::lstat((place / "victim/file").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0640);
    CHECK(status.st_nlink == 1);
    CHECK(listing(place / "victim") == std::vector<std::string>{"/file 9"});
  }
  bool refused() const { return root.empty(); }
};

std::string upwards() {
  return "../../../../../../../../../../..";
}

}  // namespace

TEST_CASE("a path upwards is refused") {
  Directory elsewhere;
  const std::vector<std::string> names = {
      "../escaped", "a/../../escaped", "./../escaped", "..", upwards() + (elsewhere / "escaped"),
      "/../escaped"};
  for (const std::string& name : names) {
    Attempt attempt({{folder("a"), file(name, "x")}});
    CHECK(attempt.refused());
    CHECK(attempt.kind == ErrorKind::image_corrupt);
  }
  CHECK(listing(elsewhere.path()).empty());
}

TEST_CASE("an absolute path is one of the image") {
  Directory elsewhere;
  Attempt attempt({{file(elsewhere / "escaped", "x"), file("//double", "y")}});
  CHECK(listing(elsewhere.path()).empty());
  REQUIRE_FALSE(attempt.refused());
  CHECK(read(attempt.root + (elsewhere / "escaped")) == "x");
  CHECK(read(attempt.root + "/double") == "y");
}

TEST_CASE("nothing is written through a symbolic link that leads out") {
  Directory elsewhere;
  write(elsewhere / "file", "before");
  const bool relative = GENERATE(false, true);
  const std::string out = (relative ? upwards() : std::string()) + elsewhere.path();
  const bool other_layer = GENERATE(false, true);
  const std::vector<Entry> links = {soft_link("out", out), soft_link("leaf", out + "/file"),
                                    soft_link("chain", "out")};
  std::vector<Entry> writes = {file("out/file", "after"), file("leaf", "after"),
                               file("chain/new", "after"), folder("out", 0700)};
  if (other_layer) {
    Attempt attempt({links, writes});
  } else {
    writes.insert(writes.begin(), links.begin(), links.end());
    Attempt attempt({writes});
  }
  CHECK(read(elsewhere / "file") == "before");
  CHECK(listing(elsewhere.path()) == std::vector<std::string>{"/file 6"});
}

TEST_CASE("no hard link is made to a file outside") {
  Directory elsewhere;
  write(elsewhere / "file", "before");
  for (const std::string& target :
       {elsewhere / "file", upwards() + (elsewhere / "file"), std::string("../../x"),
        std::string("link/file"), std::string("leaf")}) {
    Attempt attempt({{soft_link("link", elsewhere.path()), soft_link("leaf", elsewhere / "file"),
                      hard_link("mine", target), file("mine", "after")}});
    struct stat status {};
    REQUIRE(::lstat((elsewhere / "file").c_str(), &status) == 0);
    CHECK(status.st_nlink == 1);
    CHECK(read(elsewhere / "file") == "before");
  }
}

TEST_CASE("a hard link with content does not write to what it is linked to outside") {
  Directory elsewhere;
  write(elsewhere / "file", "before");
  Entry entry = hard_link("mine", elsewhere / "file");
  entry.content = "after";
  Attempt attempt({{entry}});
  CHECK(read(elsewhere / "file") == "before");
}

TEST_CASE("a whiteout removes nothing outside") {
  Directory elsewhere;
  write(elsewhere / "file", "before");
  const std::vector<Entry> links = {soft_link("out", elsewhere.path()),
                                    soft_link("up", upwards() + elsewhere.path())};
  for (const std::string& name :
       {std::string("out/.wh.file"), std::string("up/.wh.file"), std::string("out/.wh..wh..opq"),
        "/" + (elsewhere / ".wh.file"), "../" + (elsewhere / ".wh.file"), std::string(".wh..."),
        std::string(".wh.."), std::string(".wh."), std::string("a/.wh...")}) {
    Attempt attempt({links, {file(name, "")}});
    CHECK(read(elsewhere / "file") == "before");
  }
}

TEST_CASE("a whiteout of a symbolic link removes the link alone") {
  Directory elsewhere;
  write(elsewhere / "file", "before");
  Attempt attempt({{soft_link("out", elsewhere.path())}, {file(".wh.out", "")}});
  REQUIRE_FALSE(attempt.refused());
  CHECK_FALSE(exists(attempt.root + "/out"));
  CHECK(read(elsewhere / "file") == "before");
}

TEST_CASE("a directory entry over a symbolic link does not change what it points to") {
  Directory elsewhere;
  ::chmod(elsewhere.path().c_str(), 0711);
  Attempt attempt({{soft_link("out", elsewhere.path()), folder("out", 0777)}});
  struct stat status {};
  REQUIRE(::stat(elsewhere.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0711);
}

TEST_CASE("device nodes and FIFOs are dropped, and what they replace goes") {
  Attempt attempt({{file("dev/null", "a file"), file("stays", "x")},
                   {{"dev/null", '3', {}, {}, 0666, {}},
                    {"block", '4', {}, {}, 0666, {}},
                    {"fifo", '6', {}, {}, 0666, {}},
                    file("after", "y")}});
  REQUIRE_FALSE(attempt.refused());
  for (const char* name : {"/dev/null", "/block", "/fifo"})
    CHECK_FALSE(exists(attempt.root + name));
  CHECK(read(attempt.root + "/stays") == "x");
  CHECK(read(attempt.root + "/after") == "y");
  CHECK(Store(attempt.place / "store").find("image").dropped.devices == 3);
}

TEST_CASE("set-id bits are dropped") {
  Attempt attempt({{file("setuid", "x", 04755), file("setgid", "x", 02755), folder("d", 06755),
                    file("both", "x", 06777)}});
  REQUIRE_FALSE(attempt.refused());
  for (const char* name : {"/setuid", "/setgid", "/d", "/both"}) {
    struct stat status {};
    REQUIRE(::lstat((attempt.root + name).c_str(), &status) == 0);
    CHECK((status.st_mode & 06000) == 0);
  }
  CHECK(Store(attempt.place / "store").find("image").dropped.set_ids == 4);
}

TEST_CASE("an entry that replaces the root is refused") {
  for (const Entry& entry : {soft_link(".", "/etc"), file("./", "x"), soft_link("/", "/etc"),
                             hard_link(".", "a"), Entry{".", '6', {}, {}, 0644, {}}}) {
    Attempt attempt({{file("a", "x"), entry}});
    CHECK(attempt.refused());
  }
}

TEST_CASE("mount points that lead elsewhere are refused") {
  Directory elsewhere;
  const std::string name = GENERATE("proc", "sys", "dev", "tmp", "run", "workspace", "cloche");
  Attempt attempt({{soft_link(name, elsewhere.path())}});
  CHECK(attempt.refused());
  CHECK(attempt.kind == ErrorKind::image_corrupt);
  CHECK(listing(elsewhere.path()).empty());
}

TEST_CASE("a home that leads elsewhere gets nothing") {
  Directory elsewhere;
  Attempt attempt({{soft_link("home", elsewhere.path())}});
  CHECK(listing(elsewhere.path()).empty());
}

TEST_CASE("loops of symbolic links end") {
  Attempt attempt({{soft_link("a", "b"), soft_link("b", "a"), file("a/x", "y")}});
  CHECK(attempt.refused());
  Attempt self({{soft_link("s", "s"), file("s/x", "y")}});
  CHECK(self.refused());
}

TEST_CASE("paths too long or too deep are refused") {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "d/";
  CHECK(Attempt({{file(deep + "f", "x")}}).kind == ErrorKind::too_large);
  CHECK(Attempt({{file(std::string(5000, 'n'), "x")}}).kind == ErrorKind::too_large);
  CHECK(Attempt({{file(std::string(256, 'n'), "x")}}).kind == ErrorKind::image_corrupt);
}

TEST_CASE("a tree made deep through symbolic links is removed again") {
  // Each link leads one chain of directories deeper than a path could.
  std::vector<Entry> entries;
  std::string chain;
  for (int i = 0; i < 100; ++i) chain += "d/";
  for (int level = 0; level < 8; ++level) {
    const std::string from = level == 0 ? "" : "l" + std::to_string(level) + "/";
    entries.push_back(file(from + chain + "f", "x"));
    entries.push_back(soft_link("l" + std::to_string(level + 1), from + chain));
  }
  Attempt attempt({entries});
  Store store(attempt.place / "store");
  if (!attempt.refused()) store.remove("image");
  CHECK(listing(attempt.place / "store/rootfs").empty());
  CHECK(listing(attempt.place / "store/tmp").empty());
}

TEST_CASE("a directory is never hard-linked") {
  CHECK(Attempt({{folder("d"), hard_link("again", "d")}}).kind == ErrorKind::image_corrupt);
  CHECK(Attempt({{hard_link("x", "missing")}}).kind == ErrorKind::image_corrupt);
  CHECK(Attempt({{folder("d"), file("d/f", "x"), hard_link("d", "d/f")}}).kind ==
        ErrorKind::image_corrupt);
}

TEST_CASE("a file that says it is huge is refused without writing it") {
  // A sparse file takes no disk space, but reading it takes time.
  Entry entry = file("huge", "x");
  entry.pax = {{"GNU.sparse.major", "1"},
               {"GNU.sparse.minor", "0"},
               {"GNU.sparse.name", "huge"},
               {"GNU.sparse.realsize", "9000000000000000"}};
  entry.content = "1\n8999999999999999\n1\n" + std::string(512 - 21, '\0') + "x";
  Attempt attempt({{entry}});
  CHECK(attempt.refused());
}
