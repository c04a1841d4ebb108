// Round trips with the tools of others, where they are installed.

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catch.h"
#include "fixture.h"
#include "image/process.h"
#include "util/lookup.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

bool missing(const std::string& program) {
  if (!find_program(program).empty()) return false;
  WARN("skipped: " + program + " is not installed");
  return true;
}

void run(const Directory& directory, const std::vector<std::string>& argv) {
  Process::Spec spec;
  spec.argv = argv;
  spec.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + directory.path(),
                      "TMPDIR=" + directory.path(), "XDG_RUNTIME_DIR=" + directory.path()};
  spec.descriptors = {{2, 2}};
  INFO(argv[0] + " " + argv[1]);
  REQUIRE(Process(spec).wait() == 0);
}

std::string a_layout(const Directory& directory) {
  Layout layout(directory / "layout");
  layout.layer(tar({folder("d"), file("d/gone", "1"), file("d/kept", "2", 0755),
                    soft_link("link", "d/kept"), hard_link("same", "d/kept")}));
  layout.layer(tar({file("d/.wh.gone", ""), file("upper", std::string(200'000, 'u'))}));
  layout.finish("tag");
  return layout.path();
}

}  // namespace

TEST_CASE("what skopeo makes of a layout is the same image") {
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
