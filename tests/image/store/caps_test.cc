// The caps of an import, each with its error.

#include <fcntl.h>
#include <unistd.h>

#include "catch.h"
#include "image/fixture.h"
#include "image/snapshot.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

struct Capped {
  Directory directory;
  Store store{directory / "store"};
  Layout layout{directory / "layout"};
  ImportOptions options;

  // Two layers of 40 kB and 3 entries each.
  Capped() {
    layout.layer(tar({folder("a"), file("a/b", std::string(30'000, 'b')), file("c", "c")}));
    layout.layer(tar({folder("d"), file("d/e", std::string(30'000, 'e')), file("f", "f")}));
    layout.finish();
  }
  void refused(const std::string& option) {
    const Error error = error_of([&] { store.import(layout.path(), "image", options); });
    CHECK(error.kind() == ErrorKind::too_large);
    CHECK_THAT(error.hint(), ContainsSubstring("--" + option + " allows more"));
    CHECK(store.list().empty());
    CHECK(listing(store.path() + "/tmp").empty());
    CHECK(listing(store.path() + "/rootfs").empty());
    CHECK(listing(store.path() + "/blobs/sha256").empty());
  }
};

}  // namespace

TEST_CASE("bytes are counted over all layers") {
  Capped capped;
  capped.options.caps.bytes = GENERATE(20'000, 50'000);
  capped.refused("max-bytes");
  capped.options.caps.bytes = 80'000;
  CHECK(capped.store.import(capped.layout.path(), "image", capped.options).bytes == 60'002);
}

TEST_CASE("entries are counted over all layers") {
  Capped capped;
  capped.options.caps.entries = GENERATE(2, 5);
  capped.refused("max-entries");
  capped.options.caps.entries = 6;
  CHECK(capped.store.import(capped.layout.path(), "image", capped.options).bytes == 60'002);
}

TEST_CASE("a path has a most of bytes and of parts") {
  Capped capped;
  capped.options.caps.path = 2;
  capped.refused("max-path");
  capped.options.caps.path = 4096;
  capped.options.caps.depth = 1;
  capped.refused("max-depth");
  capped.options.caps.depth = 2;
  CHECK(capped.store.import(capped.layout.path(), "image", capped.options).bytes == 60'002);
  capped.options.caps.path = 4097;
  CHECK(error_of([&] { capped.store.import(capped.layout.path(), "x", capped.options); }).kind() ==
        ErrorKind::usage);
}

TEST_CASE("a source that never ends is given up") {
  Directory directory;
  Store store(directory / "store");
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const int own = ::dup(0);
  ::dup2(ends[0], 0);
  ::close(ends[0]);
  ImportOptions options;
  options.caps.time = std::chrono::milliseconds(300);
  const Error error = error_of([&] { store.import("-", "image", options); });
  ::dup2(own, 0);
  ::close(own);
  ::close(ends[1]);
  CHECK(error.kind() == ErrorKind::too_large);
  CHECK_THAT(error.hint(), ContainsSubstring("--max-time"));
  CHECK(listing(store.path() + "/tmp").empty());
}

TEST_CASE("the caps hold for a directory and a tar of a root file system") {
  Directory directory;
  Store store(directory / "store");
  write(directory / "root.tar",
        tar({file("usr/x", std::string(100'000, 'x')), file("usr/y", "y")}));
  ImportOptions options;
  options.caps.bytes = 50'000;
  CHECK(error_of([&] { store.import(directory / "root.tar", "image", options); }).kind() ==
        ErrorKind::too_large);
  const Image image = store.import(directory / "root.tar", "image");
  CHECK(error_of([&] { store.import(image.rootfs, "again", options); }).kind() ==
        ErrorKind::too_large);
  options.caps = {};
  options.caps.entries = 3;
  CHECK(error_of([&] { store.import(image.rootfs, "again", options); }).kind() ==
        ErrorKind::too_large);
}

TEST_CASE("progress that throws ends an import, which leaves nothing") {
  Capped capped;
  struct Enough {};
  int told = 0;
  const int last = GENERATE(1, 2, 3);
  capped.options.progress = [&](const std::string&, std::uint64_t, std::uint64_t) {
    if (++told == last) throw Enough();
  };
  CHECK_THROWS_AS(capped.store.import(capped.layout.path(), "image", capped.options), Enough);
  CHECK(listing(capped.store.path() + "/tmp").empty());
  CHECK(capped.store.list().empty());
}

TEST_CASE("a name that is taken is not given again, unless it may be") {
  Capped capped;
  capped.store.import(capped.layout.path(), "image");
  write(capped.directory / "root.tar", tar({file("usr/x", "x")}));
  const Snapshot before = contents(capped.store.path());
  capped.options.replace = false;
  CHECK(error_of([&] {
          capped.store.import(capped.directory / "root.tar", "image", capped.options);
        }).kind() == ErrorKind::taken);
  CHECK(difference(before, contents(capped.store.path())) == "");
  capped.options.replace = true;
  CHECK(capped.store.import(capped.directory / "root.tar", "image", capped.options).bytes == 1);
}
