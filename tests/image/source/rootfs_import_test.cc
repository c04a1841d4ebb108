// Root file systems that become images of one layer, and trees that must not be taken for one.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

// A small root file system with one of everything.
std::string a_rootfs(const Directory& directory, const std::string& name = "root") {
  const std::string top = directory / name;
  fs::create_directories(top + "/usr/bin");
  fs::create_directories(top + "/etc");
  write(top + "/usr/bin/tool", "#!/bin/sh\n");
  ::chmod((top + "/usr/bin/tool").c_str(), 04755);
  ::link((top + "/usr/bin/tool").c_str(), (top + "/usr/bin/same").c_str());
  ::symlink("usr/bin", (top + "/bin").c_str());
  ::symlink("/etc/passwd", (top + "/etc/outside").c_str());
  ::mkfifo((top + "/etc/fifo").c_str(), 0600);
  write(top + "/etc/" + std::string(200, 'n'), "long");
  for (const char* path :
       {"/usr/bin/tool", "/etc", "/usr/bin", "/usr", "/etc/fifo", "/bin", "/etc/outside"}) {
    const timespec times[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
    ::utimensat(AT_FDCWD, (top + path).c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
  return top;
}

// Imports from standard input: `path` comes through a pipe, as from another program.
Image import_piped(Store& store, const std::string& path, const std::string& name) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string bytes = read(path);
  const pid_t writer = start_child([&] {
    ::close(ends[0]);
    return ::write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) ? 0
                                                                                              : 1;
  });
  ::close(ends[1]);
  const int own = ::dup(0);
  ::dup2(ends[0], 0);
  ::close(ends[0]);
  const Image image = store.import("-", name);
  ::dup2(own, 0);
  ::close(own);
  CHECK(wait_for(writer) == 0);
  return image;
}

}  // namespace

TEST_CASE("a directory becomes an image of one layer") {
  Directory directory;
  Store store(directory / "store");
  const std::string top = a_rootfs(directory);
  const Image image = store.import(top, "image");
  CHECK(image.layers.size() == 1);
  CHECK(image.dropped.devices == 1);
  CHECK(image.dropped.set_ids == 1);
  CHECK(read(image.rootfs + "/bin/tool") == "#!/bin/sh\n");
  CHECK(fs::hard_link_count(image.rootfs + "/usr/bin/same") >= 2);
  CHECK(fs::read_symlink(image.rootfs + "/etc/outside") == "/etc/passwd");
  CHECK_FALSE(exists(image.rootfs + "/etc/fifo"));
  CHECK(read(image.rootfs + "/etc/" + std::string(200, 'n')) == "long");
  CHECK(store.verify("image").empty());
}

TEST_CASE("the same directory gives the same image, and another one another") {
  Directory directory;
  Store store(directory / "store");
  const std::string digest = store.import(a_rootfs(directory), "one").digest;
  // Made in another order, so that the file system lists the entries in another order.
  std::filesystem::create_directory(directory / "copy");
  for (const char* part : {"etc", "usr", "bin"})
    REQUIRE(run_tool(directory, {"cp", "-a", directory / "root" + ("/" + std::string(part)),
                                 directory / "copy"}) == 0);
  CHECK(store.import(directory / "copy", "two").digest == digest);
  ::chmod((directory / "root/usr").c_str(), 0700);
  CHECK(store.import(directory / "root", "three").digest != digest);
}

TEST_CASE("a tar of a root file system is its layer, byte for byte") {
  Directory directory;
  Store store(directory / "store");
  const std::string how = GENERATE("none", "gzip", "zstd");
  const std::string bytes =
      compressed(tar({folder("./"), folder("./usr"), file("./usr/x", "content"),
                      hard_link("./init", "./usr/x"), soft_link("./bin", "usr/bin")}),
                 how);
  write(directory / "root.tar", bytes);
  const Image image = store.import(directory / "root.tar", "image");
  REQUIRE(image.layers.size() == 1);
  CHECK(image.layers[0].digest == digest(bytes));
  CHECK(image.layers[0].media_type ==
        "application/vnd.oci.image.layer.v1.tar" + (how == "none" ? "" : "+" + how));
  CHECK(read(image.rootfs + "/init") == "content");
  CHECK(import_piped(store, directory / "root.tar", "piped").digest == image.digest);
  CHECK(listing(store.path() + "/tmp").empty());
}

TEST_CASE("an image through a pipe") {
  Directory directory;
  Store store(directory / "store");
  Layout layout(directory / "layout");
  layout.layer(tar({file("usr/x", "content")}));
  layout.finish();
  store.import(layout.path(), "image");
  store.export_to("image", directory / "image.tar");
  CHECK(import_piped(store, directory / "image.tar", "piped").digest == store.find("image").digest);
}

TEST_CASE("a source that may be an image or a root file system is refused, if no type is given") {
  Directory directory;
  Store store(directory / "store");
  const std::string mark =
      GENERATE("oci-layout", "index.json", "manifest.json", "repositories", "blobs/sha256/x");
  const bool as_tar = GENERATE(false, true);
  const std::string source = directory / (as_tar ? "source.tar" : "source");
  if (as_tar) {
    write(source, tar({file("etc/passwd", "x"), file(mark, "{}")}));
  } else {
    fs::create_directories(source + "/etc");
    fs::create_directories(fs::path(source + "/" + mark).parent_path());
    write(source + "/" + mark, "{}");
  }
  INFO(mark);
  const Error error = error_of([&] { store.import(source, "image"); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK_THAT(error.hint(), ContainsSubstring("--type"));
  CHECK(store.list().empty());
  ImportOptions options;
  options.kind = SourceKind::rootfs;
  CHECK(exists(store.import(source, "image", options).rootfs + "/" + mark));
}

TEST_CASE("a damaged image is never taken for a root file system") {
  Directory directory;
  Store store(directory / "store");
  Layout layout(directory / "layout");
  layout.layer(tar({file("usr/x", "content")}));
  layout.finish();
  const std::string part = GENERATE("oci-layout", "index.json", "blobs");
  fs::remove_all(layout.path() + "/" + part);
  CHECK(error_of([&] { store.import(layout.path(), "image"); }).kind() == ErrorKind::image_corrupt);
}

TEST_CASE("a directory that holds the layout, or anything else, is no root file system") {
  Directory directory;
  Store store(directory / "store");
  Layout layout(directory / "outer/layout");
  layout.layer(tar({file("usr/x", "content")}));
  layout.finish();
  const Error error = error_of([&] { store.import(directory / "outer", "image"); });
  CHECK(error.kind() == ErrorKind::image_corrupt);
  CHECK_THAT(error.hint(), ContainsSubstring("--type rootfs"));
  ImportOptions options;
  options.kind = SourceKind::rootfs;
  CHECK(exists(store.import(directory / "outer", "image", options).rootfs + "/layout/index.json"));
}

TEST_CASE("a name that means removal in a layer is refused") {
  Directory directory;
  Store store(directory / "store");
  const std::string top = a_rootfs(directory);
  write(top + "/etc/.wh.passwd", "");
  CHECK(error_of([&] { store.import(top, "image"); }).kind() == ErrorKind::image_corrupt);
  CHECK(listing(store.path() + "/tmp").empty());
}

TEST_CASE("a directory that may not be read says so") {
  if (::geteuid() == 0) return;  // root may
  Directory directory;
  Store store(directory / "store");
  const std::string top = a_rootfs(directory);
  ::chmod((top + "/usr/bin").c_str(), 0);
  const Error error = error_of([&] { store.import(top, "image"); });
  ::chmod((top + "/usr/bin").c_str(), 0755);
  CHECK(error.kind() == ErrorKind::denied);
  CHECK_THAT(error.what(), ContainsSubstring("bin"));
}
