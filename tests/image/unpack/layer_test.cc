// The trees that ordinary layers become.

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>

#include "catch.h"
#include "image/fixture.h"

using namespace cloche::image;
using namespace cloche::image::test;

namespace {

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

}  // namespace

TEST_CASE("layers of every compression") {
  const std::string how = GENERATE("none", "gzip", "zstd");
  Directory place;
  const std::string big(3'000'000, 'x');
  const std::string root =
      import_layers(place, {{folder("etc"), file("etc/name", "value"), file("big", big)}}, how);
  CHECK(read(root + "/etc/name") == "value");
  CHECK(read(root + "/big") == big);
}

TEST_CASE("files, links, modes and times") {
  Directory place;
  const std::string root = import_layers(
      place, {{folder("d", 0750), file("d/script", "#!", 0755), file("secret", "s", 0),
               soft_link("d/link", "../somewhere/else"), hard_link("again", "d/script"),
               file("deep/er/than/announced", "x"), folder("closed", 0), file("closed/f", "y")}});
  CHECK((status_of(root + "/d").st_mode & 07777) == 0750);
  CHECK((status_of(root + "/d/script").st_mode & 07777) == 0755);
  CHECK(status_of(root + "/d/script").st_mtime == 1700000000);
  CHECK(status_of(root + "/d").st_mtime == 1700000000);
  CHECK(status_of(root + "/again").st_ino == status_of(root + "/d/script").st_ino);
  char target[64] = {};
  REQUIRE(::readlink((root + "/d/link").c_str(), target, sizeof target - 1) > 0);
  CHECK(std::string(target) == "../somewhere/else");
  CHECK(read(root + "/deep/er/than/announced") == "x");
  // A file that the image makes unreadable stays readable to its owner; otherwise it could not be
  // removed.
  CHECK((status_of(root + "/secret").st_mode & 07777) == 0400);
  CHECK((status_of(root + "/closed").st_mode & 07777) == 0700);
  CHECK(read(root + "/closed/f") == "y");
  CHECK(status_of(root + "/d/script").st_uid == ::geteuid());
}

TEST_CASE("only the owner may write") {
  Directory place;
  const std::string root = import_layers(
      place,
      {{folder("tmp", 01777), folder("d", 0777), folder("d/group", 02775), file("d/all", "x", 0777),
        file("d/data", "x", 0666), file("d/sticky", "x", 01664), file("implied/f", "x", 0022)}});
  const std::vector<std::pair<std::string, unsigned>> modes = {
      {"tmp", 0755},    {"d", 0755},        {"d/group", 0755}, {"d/all", 0755},
      {"d/data", 0644}, {"d/sticky", 0644}, {"implied", 0755}, {"implied/f", 0400}};
  for (const auto& [path, mode] : modes) {
    INFO(path);
    CHECK((status_of(root + "/" + path).st_mode & 07777) == mode);
  }
  CHECK(Store(place / "store").verify("image").empty());
}

TEST_CASE("names that are long or not ASCII") {
  Directory place;
  const std::string part(200, 'n');
  const std::string root =
      import_layers(place, {{file(part + "/" + part, "long"),
                             file("gr\xc3\xbc\xc3\x9f", "utf-8"),
                             file("\xff\xfe", "bytes"),
                             {"pax", '0', "p", {}, 0644, {{"path", "\xe2\x82\xac"}}}}});
  CHECK(read(root + "/" + part + "/" + part) == "long");
  CHECK(read(root + "/gr\xc3\xbc\xc3\x9f") == "utf-8");
  CHECK(read(root + "/\xff\xfe") == "bytes");
  CHECK(read(root + "/\xe2\x82\xac") == "p");
}

TEST_CASE("whiteouts remove what lower layers made") {
  Directory place;
  const std::string root =
      import_layers(place, {{folder("d"), file("d/old", "1"), file("d/kept", "2"), folder("d/sub"),
                             file("d/sub/deep", "3"), file("gone", "4")},
                            {file(".wh.gone", ""), file("d/.wh.old", ""), file("d/.wh.sub", "")}});
  CHECK_FALSE(exists(root + "/gone"));
  CHECK_FALSE(exists(root + "/d/old"));
  CHECK_FALSE(exists(root + "/d/sub"));
  CHECK(read(root + "/d/kept") == "2");
  CHECK_FALSE(exists(root + "/.wh.gone"));
}

TEST_CASE("an opaque directory keeps only what its own layer made, in whatever order") {
  const bool mark_last = GENERATE(false, true);
  Directory place;
  std::vector<Entry> upper = {folder("d"), file("d/new", "n"), file("d/sub/new", "n"),
                              file("d/same", "new")};
  upper.insert(mark_last ? upper.end() : upper.begin() + 1, file("d/.wh..wh..opq", ""));
  const std::string root = import_layers(
      place,
      {{folder("d"), file("d/old", "o"), file("d/sub/old", "o"), file("d/same", "old")}, upper});
  CHECK_FALSE(exists(root + "/d/old"));
  CHECK_FALSE(exists(root + "/d/sub/old"));
  CHECK(read(root + "/d/sub/new") == "n");
  CHECK(read(root + "/d/new") == "n");
  CHECK(read(root + "/d/same") == "new");
}

TEST_CASE("a whiteout leaves what its own layer made") {
  Directory place;
  const std::string root =
      import_layers(place, {{file("x", "old")}, {file("x", "new"), file(".wh.x", "")}});
  CHECK(read(root + "/x") == "new");
}

TEST_CASE("an upper layer replaces files by directories, and the other way round") {
  Directory place;
  const std::string root = import_layers(
      place, {{file("a", "file"), folder("b"), file("b/f", "x"), soft_link("c", "b")},
              {folder("a"), file("a/in", "1"), file("b", "file"), folder("c"), file("c/in", "2")}});
  CHECK(read(root + "/a/in") == "1");
  CHECK(read(root + "/b") == "file");
  CHECK(S_ISDIR(status_of(root + "/c").st_mode));
}

TEST_CASE("a path through a symbolic link of the image goes where the image says") {
  Directory place;
  const std::string root = import_layers(
      place, {{folder("usr/lib"), soft_link("lib", "usr/lib")}, {file("lib/libx.so", "x")}});
  CHECK(read(root + "/usr/lib/libx.so") == "x");
}

TEST_CASE("user attributes are kept where the file system can, others never") {
  Directory place;
  const std::string root =
      import_layers(place, {{{"f",
                              '0',
                              "x",
                              {},
                              0755,
                              {{"SCHILY.xattr.user.note", "kept"},
                               {"SCHILY.xattr.security.capability", "\1\0\0\2"},
                               {"SCHILY.xattr.user.overlay.opaque", "y"},
                               {"SCHILY.xattr.trusted.overlay.opaque", "y"}}}}});
  // user.note too where the file system knows no attributes of users.
  const Dropped dropped = Store(place / "store").find("image").dropped;
  const ssize_t note = ::getxattr((root + "/f").c_str(), "user.note", nullptr, 0);
  CHECK(dropped.attributes == (note == 4 ? 3 : 4));
  char names[256] = {};
  const ssize_t size = ::listxattr((root + "/f").c_str(), names, sizeof names);
  std::string found(names, size < 0 ? 0 : static_cast<std::size_t>(size));
  CHECK(found.find("security.capability") == std::string::npos);
  CHECK(found.find("overlay") == std::string::npos);
}

TEST_CASE("the places that a sandbox mounts on are there") {
  Directory place;
  const std::string root = import_layers(place, {{file("bin", "x")}});
  for (const char* name : {"/proc", "/sys", "/dev", "/tmp", "/run", "/workspace", "/cloche"})
    CHECK(S_ISDIR(status_of(root + name).st_mode));
  CHECK((status_of(root + "/tmp").st_mode & 07777) == 0755);
  char target[64] = {};
  CHECK(::readlink((root + "/home/codewarrior").c_str(), target, sizeof target) == 10);
  CHECK(std::string(target) == "/workspace");
  CHECK((status_of(root).st_mode & 07777) == 0755);
}

TEST_CASE("an image's own home of codewarrior stays") {
  Directory place;
  const std::string root =
      import_layers(place, {{folder("home/codewarrior"), file("home/codewarrior/f", "x")}});
  CHECK(read(root + "/home/codewarrior/f") == "x");
}
