#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

struct Exported {
  Directory directory;
  Store store{directory / "store"};
  Layout layout{directory / "layout"};

  Exported() {
    layout.layer(tar({file("usr/x", "content")}), "gzip");
    layout.layer(tar({file("usr/y", std::string(3'000'000, 'y'))}), "none");
    layout.finish("tag");
    store.import(layout.path(), "my/image:1");
  }
};

}  // namespace

TEST_CASE("the blobs of an export are those of the import, byte for byte") {
  Exported place;
  const std::string form = GENERATE("out", "out.tar");
  place.store.export_to("my/image:1", place.directory / form);
  std::string top = place.directory / form;
  if (form == "out.tar") {
    top = place.directory / "extracted";
    fs::create_directory(top);
    REQUIRE(run_tool(place.directory, {"tar", "-C", top, "-xf", place.directory / form}) == 0);
  }
  for (const auto& blob : fs::directory_iterator(place.layout.path() + "/blobs/sha256"))
    CHECK(read(top + "/blobs/sha256/" + blob.path().filename().string()) ==
          read(blob.path().string()));
  CHECK(listing(top + "/blobs") == listing(place.layout.path() + "/blobs"));
  CHECK_THAT(read(top + "/index.json"), ContainsSubstring("my/image:1"));
  const Image again = place.store.import(place.directory / form, "again", "my/image:1");
  CHECK(again.digest == place.store.find("my/image:1").digest);
}

TEST_CASE("the same image gives the same tar") {
  Exported place;
  place.store.export_to("my/image:1", place.directory / "one.tar", "tag");
  place.store.export_to("my/image:1", place.directory / "two.tar", "tag");
  CHECK(read(place.directory / "one.tar") == read(place.directory / "two.tar"));
}

TEST_CASE("an existing destination is never overwritten") {
  Exported place;
  const std::string to = place.directory / GENERATE("out", "out.tar", "out/");
  const int what = GENERATE(0, 1, 2);
  const std::string bare = to.back() == '/' ? to.substr(0, to.size() - 1) : to;
  if (what == 0) write(bare, "precious");
  if (what == 1) fs::create_directory(bare);
  if (what == 2) fs::create_symlink("/nowhere", bare);
  const std::vector<std::string> before = listing(place.directory.path());
  CHECK(error_of([&] { place.store.export_to("my/image:1", to); }).kind() == ErrorKind::taken);
  CHECK(listing(place.directory.path()) == before);
}

TEST_CASE("a blob that is not what it was is not exported, and nothing appears") {
  Exported place;
  const std::string blob =
      place.store.path() + "/blobs/sha256/" + hex(place.layout.layers[1]["digest"]);
  const std::string to = place.directory / GENERATE("out", "out.tar");
  SECTION("changed") {
    std::string bytes = read(blob);
    bytes[bytes.size() / 2] ^= 1;
    write(blob, bytes);
    const std::vector<std::string> before = listing(place.directory.path());
    CHECK(error_of([&] { place.store.export_to("my/image:1", to); }).kind() ==
          ErrorKind::digest_mismatch);
    CHECK(listing(place.directory.path()) == before);
  }
  SECTION("gone") {
    ::unlink(blob.c_str());
    const std::vector<std::string> before = listing(place.directory.path());
    CHECK(error_of([&] { place.store.export_to("my/image:1", to); }).kind() ==
          ErrorKind::image_corrupt);
    CHECK(listing(place.directory.path()) == before);
  }
}

TEST_CASE("an export goes to its end though the image is removed meanwhile") {
  Exported place;
  bool removed = false;
  place.store.export_to("my/image:1", place.directory / "out", "tag",
                        [&](const std::string&, std::uint64_t, std::uint64_t) {
                          if (removed) return;
                          removed = true;
                          // The image is in use. Its name goes all the same, as after another
                          // process's prune.
                          fs::remove(place.store.path() + "/images/my%image:1.json");
                          place.store.prune({});
                        });
  CHECK(removed);
  CHECK(place.store.import(place.directory / "out", "again").bytes > 0);
}

TEST_CASE("an export that is stopped leaves nothing") {
  Exported place;
  struct Enough {};
  const std::string to = place.directory / GENERATE("out", "out.tar");
  const std::vector<std::string> before = listing(place.directory.path());
  CHECK_THROWS_AS(place.store.export_to(
                      "my/image:1", to, {},
                      [](const std::string&, std::uint64_t, std::uint64_t) { throw Enough(); }),
                  Enough);
  CHECK(listing(place.directory.path()) == before);
}
