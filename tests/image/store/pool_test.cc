// Attacks on the files that images share: false names in the pool, and images that try to change a
// file of another image.
#include "image/unpack/pool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/hostile/judge.h"
#include "util/file.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

// A store in which the image "first" has one file, "f", and other images have an equal file.
struct Shared {
  Directory place;
  Store store{place / "store"};
  std::string first = import("first", {file("f", "content", 0755)});

  std::string import(const std::string& name, std::vector<Entry> entries) {
    entries.push_back(file("name", name));  // makes the image a different one
    const std::string path = place / ("layout-" + name);
    Layout layout(path);
    layout.layer(tar(entries), "none");
    layout.finish();
    return store.import(path, name).rootfs;
  }
  // The pool's name of "f".
  std::string pooled() const {
    const ino_t wanted = status_of(first + "/f").st_ino;
    for (const auto& found : fs::recursive_directory_iterator(store.path() + "/pool"))
      if (status_of(found.path()).st_ino == wanted) return found.path();
    FAIL("the file has no name in the pool");
    return {};
  }
};

// Shares the files of a list, without the confinement that the program has.
void share(const std::string& pool, const std::string& root, const std::string& list) {
  const UniqueFd bytes = memory_file(list);
  const UniqueFd image(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd shared(::open(pool.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  unpack::share_files(bytes.get(), image.get(), shared.get());
}

bool same_file(const std::string& one, const std::string& other) {
  return status_of(one).st_ino == status_of(other).st_ino;
}

}  // namespace

TEST_CASE("files of one content, mode and time are one file, others are not") {
  Shared shared;
  CHECK(same_file(shared.import("like", {file("other/name", "content", 0755)}) + "/other/name",
                  shared.first + "/f"));
  CHECK_FALSE(
      same_file(shared.import("mode", {file("f", "content", 0644)}) + "/f", shared.first + "/f"));
  CHECK_FALSE(same_file(shared.import("content", {file("f", "Content", 0755)}) + "/f",
                        shared.first + "/f"));
  Entry later = file("f", "content", 0755);
  later.pax = {{"mtime", "1700000000.5"}};
  CHECK_FALSE(same_file(shared.import("time", {later}) + "/f", shared.first + "/f"));
  Entry noted = file("f", "content", 0755);
  noted.pax = {{"SCHILY.xattr.user.note", "x"}};
  const std::string root = shared.import("attribute", {noted});
  // If the file system has no such attributes, the files do not differ.
  CHECK(same_file(root + "/f", shared.first + "/f") ==
        (shared.store.find("attribute").dropped.attributes == 1));
}

TEST_CASE("a name in the pool that lies is not believed") {
  Shared shared;
  const std::string pooled = shared.pooled();
  const std::string victim = shared.place / "victim";
  write(victim, "CONTENT");
  ::chmod(victim.c_str(), 0755);
  const timespec time = status_of(pooled).st_mtim;
  const timespec times[2] = {time, time};
  REQUIRE(::utimensat(AT_FDCWD, victim.c_str(), times, 0) == 0);
  const Snapshot before = everything_in(victim.substr(0, victim.rfind('/')) + "/layout-first");
  REQUIRE(::unlink(pooled.c_str()) == 0);
  const int shape = GENERATE(range(0, 9));
  switch (shape) {
    case 0:  // another file of the same fingerprint, size, mode and time
      fs::copy_file(victim, pooled);
      ::chmod(pooled.c_str(), 0755);
      REQUIRE(::utimensat(AT_FDCWD, pooled.c_str(), times, 0) == 0);
      break;
    case 1:
      fs::create_symlink(victim, pooled);
      break;
    case 2:
      fs::create_symlink("missing", pooled);
      break;
    case 3:
      fs::create_symlink(shared.first + "/f", pooled);
      break;
    case 4:
      ::mkfifo(pooled.c_str(), 0755);
      break;
    case 5:
      fs::create_directory(pooled);
      break;
    case 6:  // longer than its name says
      write(pooled, "content and more");
      ::chmod(pooled.c_str(), 0755);
      REQUIRE(::utimensat(AT_FDCWD, pooled.c_str(), times, 0) == 0);
      break;
    case 7:  // with the same content and more rights
      write(pooled, "content");
      ::chmod(pooled.c_str(), 04777);
      REQUIRE(::utimensat(AT_FDCWD, pooled.c_str(), times, 0) == 0);
      break;
    default:  // its directory is a link elsewhere
      fs::remove_all(fs::path(pooled).parent_path());
      fs::create_directory_symlink(shared.place.path(), fs::path(pooled).parent_path());
  }
  const std::string root = shared.import("second", {file("f", "content", 0755)});
  CHECK(read(root + "/f") == "content");
  CHECK(S_ISREG(status_of(root + "/f").st_mode));
  CHECK((status_of(root + "/f").st_mode & 07777) == 0755);
  CHECK_FALSE(same_file(root + "/f", victim));
  CHECK(read(victim) == "CONTENT");
  CHECK(status_of(victim).st_nlink == 1);
  CHECK(read(shared.first + "/f") == "content");
  CHECK(difference(before, everything_in(shared.place / "layout-first")) == "");
}

TEST_CASE("a file with very many names is succeeded by the next that is alike") {
  Shared shared;
  const std::string pooled = shared.pooled();
  const std::string many = shared.place / "many";
  fs::create_directory(many);
  for (int i = 0; status_of(pooled).st_nlink < 999; ++i)
    REQUIRE(::link(pooled.c_str(), (many + "/" + std::to_string(i)).c_str()) == 0);
  const std::vector<Entry> entries = {file("f", "content", 0755), hard_link("g", "f")};
  const std::string second = shared.import("second", entries);
  CHECK(read(second + "/g") == "content");
  CHECK(same_file(second + "/f", second + "/g"));
  CHECK_FALSE(same_file(second + "/f", shared.first + "/f"));
  CHECK(same_file(shared.import("third", entries) + "/g", second + "/f"));
}

TEST_CASE("more names of one file than a file system allows are an error of the image") {
  Shared shared;
  const auto import = [&shared](const std::string& name, int links) {
    std::vector<Entry> entries = {file("f", "content", 0755)};
    for (int i = 0; i < links; ++i) entries.push_back(hard_link(std::to_string(i), "f"));
    return shared.import(name, entries);
  };
  CHECK(read(import("many", 40'000) + "/39999") == "content");
  CHECK(shared.store.verify("many").empty());
  try {
    import("more", 70'000);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::image_corrupt);
    CHECK_THAT(error.what(), ContainsSubstring("more names of one file than the file system"));
  }
}

TEST_CASE("a name in the pool that another process may be using is not taken") {
  Shared shared;
  // Processes in several pid namespaces may have the same number.
  for (int i = 0; i < 3000; ++i)
    fs::create_directory(shared.store.path() + "/pool/passing." + std::to_string(::getpid() + i));
  const std::string second = shared.import("second", {file("f", "content", 0755)});
  CHECK(same_file(second + "/f", shared.first + "/f"));
}

TEST_CASE("a list of files that lies leads nowhere") {
  Shared shared;
  const std::string root = shared.place / "root";
  fs::create_directories(root + "/d");
  fs::create_directories(shared.place / "outside");
  const std::string victim = shared.place / "outside/file";
  for (const std::string& path : {root + "/f", root + "/d/g", root + "/h", victim}) {
    write(path, path.back() == 'h' ? "of none" : "content");
    ::chmod(path.c_str(), 0755);
    const timespec time = status_of(shared.first + "/f").st_mtim;
    const timespec times[2] = {time, time};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }
  fs::create_directory_symlink(shared.place / "outside", root + "/out");
  fs::create_symlink(victim, root + "/leaf");
  ::mkfifo((root + "/fifo").c_str(), 0755);
  const std::string pool = shared.store.path() + "/pool";
  const std::string name = shared.pooled().substr(pool.size() + 1);
  // The same properties with other content.
  std::string other = name, third = name;
  other[5] = other[5] == '0' ? '1' : '0';
  third[5] = third[5] == '2' ? '3' : '2';
  const std::string nul(1, '\0');
  const auto record = [&nul](const std::string& path, const std::string& fingerprint) {
    return path + nul + fingerprint + nul;
  };
  std::vector<std::string> lists = {"",
                                    nul,
                                    "f",
                                    "f" + nul,
                                    nul + nul + nul,
                                    "f" + nul + name,
                                    nul + name + nul,
                                    record("", ""),
                                    record("f", "../" + name)};
  for (const std::string& path :
       {std::string("../outside/file"), std::string("d/../../outside/file"), victim,
        std::string("out/file"), std::string("leaf"), std::string("fifo"), std::string("d"),
        std::string("."), std::string(".."), std::string("d/"), std::string("/"),
        std::string(5000, 'x'), std::string("missing/f"), std::string("f/x")}) {
    lists.push_back(record(path, name));
    lists.push_back(record(path, other));
    lists.push_back(record(path, ""));
  }
  for (const std::string& fingerprint :
       {std::string("x"), std::string(4000, 'a'), "../" + name.substr(3), name + "/x", name + "x",
        "AB" + name.substr(2), name.substr(0, 2) + "-" + name.substr(3),
        name.substr(0, 2) + "/../" + name.substr(6), std::string("../../outside/file"), victim})
    lists.push_back(record("f", fingerprint));
  const Snapshot before = contents(shared.store.path());
  const Snapshot outside = everything_in(shared.place / "outside");
  const Snapshot inside = everything_in(root);
  for (const std::string& list : lists) {
    INFO(list);
    share(pool, root, list);
    CHECK(difference(before, contents(shared.store.path())) == "");
    CHECK(difference(outside, everything_in(shared.place / "outside")) == "");
    CHECK(difference(inside, everything_in(root)) == "");
  }
  // The valid entry in each of them is shared, which shows that the record was read.
  share(pool, root, record("d/g", name) + record(victim, name));
  CHECK(same_file(root + "/d/g", shared.first + "/f"));
  // A fingerprint that is not the file's: the file enters the pool once, however often it is
  // listed.
  share(pool, root, record("f", other) + record("f", other) + record("f", name));
  CHECK(same_file(root + "/f", shared.first + "/f"));
  CHECK_FALSE(exists(pool + "/" + other));
  share(pool, root, record("h", other) + record("./h", "") + record("h", "") + record("h", third));
  CHECK(same_file(root + "/h", pool + "/" + third));
  CHECK_FALSE(exists(pool + "/" + other));
  CHECK(difference(outside, everything_in(shared.place / "outside")) == "");
}

TEST_CASE("a file with attributes that images may not set is not shared") {
  Shared shared;
  const std::string pool = shared.store.path() + "/pool";
  const std::string name = shared.pooled().substr(pool.size() + 1);
  const std::string root = shared.place / "root";
  fs::create_directory(root);
  write(root + "/f", "content");
  ::chmod((root + "/f").c_str(), 0755);
  const timespec time = status_of(shared.first + "/f").st_mtim;
  const timespec times[2] = {time, time};
  REQUIRE(::utimensat(AT_FDCWD, (root + "/f").c_str(), times, 0) == 0);
  if (::setxattr((root + "/f").c_str(), "user.overlay.opaque", "y", 1, 0) < 0) {
    WARN("skipped: the file system has no attributes of users");
    return;
  }
  const std::string nul(1, '\0');
  share(pool, root, "f" + nul + name + nul);
  CHECK_FALSE(same_file(root + "/f", shared.first + "/f"));
  // The same for a file that is already in the pool.
  REQUIRE(::setxattr(shared.pooled().c_str(), "user.x", "y", 1, 0) == 0);
  const std::string second = shared.import("second", {file("f", "content", 0755)});
  CHECK_FALSE(same_file(second + "/f", shared.first + "/f"));
}

TEST_CASE("an image cannot change what another has through the file that both share") {
  Shared shared;
  const Snapshot before = comparable(shared.first);
  const Entry like = file("f", "content", 0755);
  const std::vector<std::vector<Entry>> attempts = {
      {like, file("f", "changed", 0755)},
      {like, hard_link("g", "f"), file("g", "changed", 04777)},
      {like, hard_link("g", "f"), {"g", '1', "changed", "f", 0777, {{"size", "7"}}}},
      {like, hard_link("g", "f"), {"h", '1', "", "g", 06777, {{"mtime", "1"}}}},
      {like, {"f", '1', "", "f", 0777, {{"SCHILY.xattr.user.x", "y"}}}},
      {like, folder("f", 0777)},
      {like, soft_link("s", "f"), folder("s", 0777)},
      {like, soft_link("s", "f"), {"s", '2', "", "f", 0777, {{"mtime", "1"}}}},
      {like, file(".wh.f", ""), file("f", "changed")},
      {like, hard_link("g", "f"), {"f", '6', "", "", 0777, {}}}};
  int number = 0;
  for (const std::vector<Entry>& entries : attempts) {
    INFO(number);
    try {
      shared.import("attempt" + std::to_string(number++), entries);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::image_corrupt);
    }
    CHECK(difference(before, comparable(shared.first)) == "");
  }
  while (--number >= 0)
    if (shared.store.contains("attempt" + std::to_string(number)))
      shared.store.remove("attempt" + std::to_string(number));
  CHECK(difference(before, comparable(shared.first)) == "");
  CHECK(same_file(shared.pooled(), shared.first + "/f"));
}
