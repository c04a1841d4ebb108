// Answers of cloche-unpack to valid and invalid input.
#include "image/unpacker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "image/fixture.h"
#include "image/hostile/hostile.h"
#include "util/file.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

// The error of a blob that is unpacked as `mode`; empty if there is none.
std::string error_of_blob(const std::string& mode, const std::string& bytes) {
  const Directory target;
  const UniqueFd directory(::open(target.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd blob = memory_file(bytes);
  try {
    UnpackerProcess(-1).run(mode, "x", blob.get(), directory.get(), -1, {});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::image_corrupt);
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the error for a file that is no tar names its type") {
  const std::string rest(2000, 'x');
  const std::vector<std::pair<std::string, std::string>> shapes = {
      {std::string("\xfd"
                   "7zXZ\0",
                   6) +
           rest,
       "`xz -dc FILE | cloche image import - ...`"},
      {"BZh91AY&SY" + rest, "`bzip2 -dc FILE | cloche image import - ...`"},
      {"PK\3\4" + rest, "a zip archive"},
      {"a text\n", "neither a tar nor one compressed with gzip or zstd"},
      {rest, "neither a tar nor one compressed with gzip or zstd"},
      {"", "it is empty"},
      {compressed(rest, "gzip"), "its uncompressed content is not a tar"}};
  for (const auto& [bytes, said] : shapes)
    for (const char* mode : {"archive", "rootfs", "files"}) {
      INFO(said);
      CHECK_THAT(error_of_blob(mode, bytes), ContainsSubstring(said));
    }
  CHECK(error_of_blob("rootfs", tar({file("BZh91AY&SY", "x"), file("PK\3\4", "y")})).empty());
}

TEST_CASE("data after the end of gzip is an error, except zeros") {
  const std::string gzip = compressed(tar({file("f", "x")}), "gzip");
  for (const std::size_t zeros : {1u, 511u, 300'000u})
    CHECK(error_of_blob("rootfs", gzip + std::string(zeros, '\0')).empty());
  for (const std::string& more : {std::string("x"), std::string("garbage"),
                                  std::string(500'000, '\0') + "x", std::string(1, '\0') + gzip}) {
    const std::string said = error_of_blob("rootfs", gzip + more);
    CHECK_THAT(said, ContainsSubstring("follows the end of the gzip data"));
  }
  CHECK_THAT(error_of_blob("rootfs", gzip + "\x1f\x8b"), ContainsSubstring("truncated gzip data"));
}

TEST_CASE("a root file system that was cut off is refused, wherever that was") {
  const std::string whole = tar({file("etc/a", "1"), folder("usr"), file("usr/b", "2")});
  for (std::size_t size = 512; size + 1024 <= whole.size(); size += 512) {
    INFO(size);
    CHECK_FALSE(error_of_blob("rootfs", whole.substr(0, size)).empty());
  }
  const std::string cut = whole.substr(0, whole.size() - 1024);
  CHECK_THAT(error_of_blob("rootfs", cut), ContainsSubstring("no end mark"));
  CHECK_THAT(error_of_blob("rootfs", compressed(cut, "zstd")), ContainsSubstring("no end mark"));
  CHECK(error_of_blob("rootfs", whole).empty());
  // Some tools write one block of zeros at the end, some fill a tape's block.
  CHECK(error_of_blob("rootfs", whole.substr(0, whole.size() - 512)).empty());
  CHECK(error_of_blob("rootfs", whole + std::string(20 * 512, '\0')).empty());
  // The digest of a layer shows whether it is complete.
  CHECK(error_of_blob("layer", cut).empty());
}

TEST_CASE("any tar of files is unpacked whole, whatever its names are like") {
  const Directory target;
  const UniqueFd directory(::open(target.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd blob =
      memory_file(tar({file("bin/node", "x"), file("lib/a/b", "y"), hard_link("share/c", "lib/a/b"),
                       file("manifest.json", "z"), file(".wh.bin", "w")}));
  UnpackerProcess(-1).run("files", "x", blob.get(), directory.get(), -1, {});
  CHECK(read(target / "bin/node") == "x");
  CHECK(read(target / "share/c") == "y");
  CHECK(read(target / "manifest.json") == "z");
  CHECK(read(target / ".wh.bin") == "w");
}

TEST_CASE("a copy that cannot be written is an error of copying") {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  reader.reset();
  const auto copy = [](int to) {
    const UniqueFd blob = memory_file(std::string(1 << 20, 'x'));
    return error_of([&] { UnpackerProcess(-1).run("copy", "the blob x", blob.get(), -1, to, {}); });
  };
  const Error no_space = copy(full.get());
  CHECK(no_space.kind() == ErrorKind::no_space);
  CHECK(no_space.what() == std::string("copy the blob x: write the copy: No space left on device"));
  const Error gone = copy(writer.get());
  CHECK(gone.kind() == ErrorKind::system);
  CHECK(gone.what() == std::string("copy the blob x: write the copy: Broken pipe"));
}

TEST_CASE("a layer that takes too much of the processors is too large") {
  // Fifteen gigabytes of zeros, in frames of 52 million.
  std::string frame("\x28\xb5\x2f\xfd\x00\x58", 6);
  for (int i = 0; i < 400; ++i) frame += std::string("\x02\x00\x10\x00", 4);
  frame += std::string("\x01\0\0", 3);
  std::string bomb;
  for (int i = 0; i < 300; ++i) bomb += frame;
  const int status = in_child([&bomb] {
    const rlimit one{1, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_CPU, &one) < 0) return 1;
    const Directory target;
    const UniqueFd directory(::open(target.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const UniqueFd blob = memory_file(bomb);
    try {
      UnpackerProcess(-1).run("layer", "x", blob.get(), directory.get(), -1, {});
    } catch (const Error& error) {
      const std::string said = error.what();
      return error.kind() == ErrorKind::too_large &&
                     said == "unpack x: it takes too long (--max-time allows more)"
                 ? 0
                 : 2;
    }
    return 3;
  });
  CHECK(status == 0);
}
