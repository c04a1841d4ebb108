// Layouts whose files have a wrong type or content, as directories and as tars.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "hostile_layout.h"
#include "util/fd.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace fs = std::filesystem;

namespace {

void link_to(const std::string& target, const std::string& path) {
  fs::remove_all(path);
  fs::create_symlink(target, path);
}

void socket_at(const std::string& path) {
  fs::remove_all(path);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // The path may be longer than a socket address, so it goes through its directory.
  const UniqueFd parent(::open(fs::path(path).parent_path().c_str(), O_PATH | O_CLOEXEC));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/s", parent.get());
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  fs::rename(fs::path(path).parent_path() / "s", path);
}

std::vector<LayoutShape> file_shapes() {
  constexpr ErrorKind kCorrupt = ErrorKind::image_corrupt;
  std::vector<LayoutShape> shapes;
  struct Part {
    const char* name;
    std::function<std::string(const Good&)> path;
  };
  const std::vector<Part> parts = {
      {"oci-layout", [](const Good& good) { return good.path("oci-layout"); }},
      {"index.json", [](const Good& good) { return good.path("index.json"); }},
      {"the manifest", [](const Good& good) { return good.blob_path(good.manifest); }},
      {"the layer", [](const Good& good) { return good.blob_path(good.layout.layers[0]); }},
  };
  for (const Part& part : parts) {
    const auto add = [&](const std::string& what, std::function<void(const std::string&)> make,
                         ErrorKind kind = ErrorKind::image_corrupt, bool as_tar = true) {
      shapes.push_back({std::string(part.name) + " is " + what,
                        [make, part](Good& good, const Aim&) {
                          const std::string path = part.path(good);
                          fs::remove_all(path);
                          make(path);
                        },
                        kind, as_tar});
    };
    add("missing", [](const std::string&) {});
    add(
        "empty", [](const std::string& path) { write(path, ""); },
        std::string(part.name).rfind("the ", 0) == 0 ? ErrorKind::digest_mismatch : kCorrupt);
    add("a directory", [](const std::string& path) { fs::create_directory(path); });
    add("a FIFO", [](const std::string& path) { ::mkfifo(path.c_str(), 0666); });
    add("a socket", socket_at, kCorrupt, false);
    add("a link to nothing", [](const std::string& path) { link_to("missing", path); });
    add(
        "a link to itself", [](const std::string& path) { link_to(path, path); }, kCorrupt, false);
    add("a link to /dev/zero", [](const std::string& path) { link_to("/dev/zero", path); });
    add("a link to /dev/stdin", [](const std::string& path) { link_to("/dev/stdin", path); });
    add("a link to a directory", [](const std::string& path) { link_to(".", path); });
    add("a link upwards", [](const std::string& path) {
      link_to("../../../../../../../../../../../../etc/passwd", path);
    });
    add("a link to /proc/self/root",
        [](const std::string& path) { link_to("/proc/self/root/etc/passwd", path); });
    shapes.push_back(
        {std::string(part.name) + " is a link to what is aimed at",
         [part](Good& good, const Aim& aim) { link_to(aim.path + "/file", part.path(good)); },
         kCorrupt});
    // The right content, but elsewhere.
    shapes.push_back({std::string(part.name) + " is a link to the right content outside",
                      [part](Good& good, const Aim&) {
                        const std::string path = part.path(good);
                        const std::string elsewhere = good.layout.path() + "/../earlier";
                        const std::string kept = read(path);
                        // Content that the earlier image also has, under the same digest or name.
                        const std::string same = fs::weakly_canonical(elsewhere).string() +
                                                 path.substr(good.layout.path().size());
                        if (!exists(same)) return link_to("/missing", path);
                        link_to(same, path);
                      },
                      kCorrupt});
  }
  shapes.push_back({"blobs is a link to the aim",
                    [](Good& good, const Aim& aim) {
                      fs::remove_all(good.path("blobs"));
                      link_to(aim.path, good.path("blobs"));
                    },
                    kCorrupt});
  shapes.push_back({"the blobs lie behind a link within the layout",
                    [](Good& good, const Aim&) {
                      fs::rename(good.path("blobs"), good.path("elsewhere"));
                      link_to("elsewhere", good.path("blobs"));
                    },
                    std::nullopt});
  shapes.push_back({"blobs/sha256 is a file",
                    [](Good& good, const Aim&) {
                      fs::remove_all(good.path("blobs/sha256"));
                      write(good.path("blobs/sha256"), "x");
                    },
                    kCorrupt});
  return shapes;
}

}  // namespace

TEST_CASE("layouts of hostile files") {
  judge_all(file_shapes());
}

TEST_CASE("tars of hostile layouts") {
  Scene scene;
  const Directory workshop;
  const std::string path = scene.place() / "source";
  for (const LayoutShape& shape : file_shapes()) {
    if (!shape.as_tar) continue;
    fs::remove_all(workshop / "layout");
    Good good(workshop / "layout");
    shape.spoil(good, scene.aim());
    std::vector<Entry> entries;
    for (const auto& found : fs::recursive_directory_iterator(good.layout.path())) {
      const std::string name = found.path().string().substr(good.layout.path().size() + 1);
      if (found.is_symlink()) {
        entries.push_back(soft_link(name, fs::read_symlink(found.path())));
      } else if (found.is_directory()) {
        entries.push_back(folder(name));
      } else if (found.is_fifo()) {
        entries.push_back({name, '6', {}, {}, 0666, {}});
      } else {
        entries.push_back(file(name, read(found.path())));
      }
    }
    write(path, tar(entries));
    judge(scene, shape, path);
  }
}

TEST_CASE("tars of layouts with entries that lead out") {
  constexpr ErrorKind kCorrupt = ErrorKind::image_corrupt;
  Scene scene;
  const Directory workshop;
  const Good good(workshop / "layout");
  std::vector<Entry> rest;
  for (const auto& found : fs::recursive_directory_iterator(good.layout.path()))
    if (found.is_regular_file())
      rest.push_back(
          file(found.path().string().substr(good.layout.path().size() + 1), read(found.path())));
  const std::string out = scene.aim().path;
  const std::string path = scene.place() / "source";
  for (const auto& [first, refused] :
       std::vector<std::pair<std::vector<Entry>, std::optional<ErrorKind>>>{
           {{file("../../../images/earlier.json", "{}")}, kCorrupt},
           {{file(scene.aim().upwards() + "/file", "x")}, kCorrupt},
           {{soft_link("blobs", out)}, kCorrupt},
           {{soft_link("blobs/sha256", scene.aim().upwards())}, kCorrupt},
           {{hard_link("index.json", out + "/file")}, {}},
           {{soft_link("link", out), file("link/file", "in")}, kCorrupt},
           {{soft_link("index.json", out + "/file")}, {}},
           {{file(".wh.index.json", ""), file("blobs/.wh..wh..opq", "")}, {}},
           {{{"index.json", '6', {}, {}, 0666, {}}, {"blobs", '3', {}, {}, 0666, {}}}, {}},
           // Beside a layout it could be a root file system.
           {{file(out + "/file", "in")}, ErrorKind::usage}}) {
    std::vector<Entry> entries = first;
    entries.insert(entries.end(), rest.begin(), rest.end());
    INFO(first[0].name);
    write(path, tar(entries));
    const std::optional<Error> failure = scene.attempt(path);
    if (failure) INFO(failure->what());
    CHECK(failure.has_value() == refused.has_value());
    if (failure && refused) CHECK(failure->kind() == *refused);
    scene.forget();
  }
}
