// Round trips with the tools of others, where they are installed.

#include <algorithm>

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

void run(const Directory& directory, const std::vector<std::string>& argv) {
  INFO(argv[0] + " " + argv[1]);
  REQUIRE(run_tool(directory, argv) == 0);
}

std::string a_layout(const Directory& directory, const std::string& user = "app") {
  Layout layout(directory / "layout");
  layout.layer(tar({folder("d"), file("d/gone", "1"), file("d/kept", "2", 0755),
                    soft_link("link", "d/kept"), hard_link("same", "d/kept")}));
  layout.layer(tar({file("d/.wh.gone", ""), file("upper", std::string(200'000, 'u'))}));
  layout.list(layout.manifest({{"config", {{"User", user}, {"Env", {"A=1"}}}}}), "tag");
  return layout.path();
}

}  // namespace

TEST_CASE("skopeo's copy of a layout is the same image") {
  if (missing("skopeo")) return;
  Directory directory;
  Store store(directory / "store");
  const std::string layout = a_layout(directory);
  const Image direct = store.import(layout, "direct");
  const std::string form = GENERATE("docker-archive:", "oci-archive:", "oci:");
  const std::string to = directory / "copy";
  run(directory, {"skopeo", "--insecure-policy", "copy", "--quiet", "oci:" + layout + ":tag",
                  form + to + ":name:tag"});
  const Image copied = store.import(to, "copied");
  CHECK(listing(copied.rootfs) == listing(direct.rootfs));
  CHECK(copied.config.env == direct.config.env);
  CHECK(copied.config.entrypoint == direct.config.entrypoint);
  CHECK(store.import(to, "by-tag", "name:tag").digest == copied.digest);
}

TEST_CASE("a layout that umoci made") {
  if (missing("umoci")) return;
  Directory directory;
  const std::string layout = directory / "made";
  write(directory / "file", "from umoci");
  run(directory, {"umoci", "init", "--layout", layout});
  run(directory, {"umoci", "new", "--image", layout + ":tag"});
  run(directory, {"umoci", "insert", "--rootless", "--image", layout + ":tag", directory / "file",
                  "/etc/file"});
  Store store(directory / "store");
  CHECK(read(store.import(layout, "image", "tag").rootfs + "/etc/file") == "from umoci");
}

TEST_CASE("skopeo and umoci read what was exported, and it is the same") {
  if (missing("skopeo") || missing("umoci")) return;
  Directory directory;
  Store store(directory / "store");
  // umoci looks a user up.
  const Image image = store.import(a_layout(directory, ""), "my/image:1");
  store.export_to("my/image:1", directory / "out", "tag");
  store.export_to("my/image:1", directory / "out.tar", "tag");
  run(directory,
      {"umoci", "unpack", "--rootless", "--image", directory / "out:tag", directory / "bundle"});
  CHECK(read(directory / "bundle/rootfs/d/kept") == "2");
  CHECK_FALSE(exists(directory / "bundle/rootfs/d/gone"));
  const std::string from = GENERATE("oci:out:tag", "oci-archive:out.tar:tag");
  const std::size_t colon = from.find(':') + 1;
  run(directory, {"skopeo", "--insecure-policy", "copy", "--quiet",
                  from.substr(0, colon) + directory.path() + "/" + from.substr(colon),
                  "oci:" + (directory / "again") + ":tag"});
  CHECK(store.import(directory / "again", "again").digest == image.digest);
}

TEST_CASE("an image that buildah made") {
  if (missing("buildah")) return;
  Directory directory;
  write(directory / "file", "from buildah");
  const std::vector<std::string> buildah = {"buildah",        "--storage-driver", "vfs",
                                            "--root",         directory / "root", "--runroot",
                                            directory / "run"};
  const auto with = [&buildah](std::vector<std::string> more) {
    more.insert(more.begin(), buildah.begin(), buildah.end());
    return more;
  };
  if (run_tool(directory, with({"from", "--name", "made", "scratch"})) != 0) {
    WARN("skipped: buildah does not work here");
    return;
  }
  run(directory, with({"copy", "made", directory / "file", "/etc/file"}));
  run(directory, with({"config", "--env", "A=1", "--cmd", "/etc/file", "made"}));
  const std::string form = GENERATE("oci:", "docker-archive:");
  run(directory, with({"commit", "--quiet", "made", form + (directory / "out") + ":image:tag"}));
  Store store(directory / "store");
  const Image image = store.import(directory / "out", "image");
  CHECK(read(image.rootfs + "/etc/file") == "from buildah");
  CHECK(std::count(image.config.env.begin(), image.config.env.end(), "A=1") == 1);
  CHECK(image.config.cmd == std::vector<std::string>{"/etc/file"});
  run_tool(directory, with({"rm", "made"}));
}
