// The configuration of an image (user, environment, entry point), and how `cloche exec` applies it.
#include "../image/fixture.h"
#include "catch.h"
#include "program.h"

using cloche::image::test::Directory;
using cloche::image::test::file;
using cloche::image::test::folder;
using cloche::image::test::Json;
using cloche::image::test::Layout;

namespace {

// A store with one image, "own", with the configuration `config` and the probe.
class OwnStore {
 public:
  explicit OwnStore(const Json& config) {
    Layout layout(directory_ / "layout");
    layout.layer(cloche::image::test::tar(
        {folder("bin"), file("bin/probe", cloche::image::test::read(PROBE), 0755), folder("srv"),
         folder("etc"), file("srv/index", "of the image"),
         file("etc/passwd",
              "root:x:0:0::/:/bin/sh\nwww:x:33:34:web:/srv:\nodd:x:0:7::/:\nbroken:x"),
         file("etc/group", "root:x:0:\nweb:x:34:\nstaff:x:50:www\n")}));
    layout.list(layout.manifest({{"config", config}}));
    REQUIRE(run({"image", "import", layout.path(), "--name", "own"}).status == 0);
  }
  // Runs a program in a sandbox of the image.
  Ended exec(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"exec", "--image", "own"});
    return run(arguments);
  }

 private:
  Ended run(const std::vector<std::string>& arguments) const {
    return run_cloche(arguments, {}, {"env", "CLOCHE_STORE=" + (directory_ / "store")});
  }

  Directory directory_;
};

}  // namespace

TEST_CASE("an image's entry point and command are run unless a program is named") {
  const OwnStore store({{"Entrypoint", {"/bin/probe", "arguments"}}, {"Cmd", {"of", "the image"}}});
  CHECK(store.exec({}).out == "of\nthe image\n");
  CHECK(store.exec({"--", "/bin/probe", "exit", "7"}).status == 7);
}

TEST_CASE("an image that runs nothing by itself needs a program") {
  const OwnStore store(Json::object());
  const Ended none = store.exec({});
  CHECK(none.status == 125);
  CHECK_THAT(none.err, ContainsSubstring("none is named"));
}

TEST_CASE("programs begin in the image's working directory, with its environment") {
  const OwnStore store({{"WorkingDir", "/srv"}, {"Env", {"GREETING=hello", "HOME=/srv"}}});
  CHECK_THAT(store.exec({"--", "/bin/probe", "status"}).out, ContainsSubstring(" cwd /srv\n"));
  CHECK_THAT(store.exec({"-w", "/", "--", "/bin/probe", "status"}).out,
             ContainsSubstring(" cwd /\n"));
  const std::string environment =
      store.exec({"-e", "HOME=/tmp", "--", "/bin/probe", "environment"}).out;
  CHECK_THAT(environment, ContainsSubstring("GREETING=hello\n"));
  CHECK_THAT(environment, ContainsSubstring("HOME=/tmp\n"));
}

TEST_CASE("a working directory that the image lacks is named") {
  const OwnStore store(Json{{"WorkingDir", "/nowhere"}});
  const Ended ended = store.exec({"--", "/bin/probe", "exit", "0"});
  CHECK(ended.status == 125);
  CHECK_THAT(ended.err, ContainsSubstring("/nowhere"));
  CHECK_THAT(ended.err, ContainsSubstring("the image asks for it; --workdir names another"));
  const Ended asked = store.exec({"--workdir", "/elsewhere", "--", "/bin/probe", "exit", "0"});
  CHECK(asked.status == 125);
  CHECK_THAT(asked.err, ContainsSubstring("/elsewhere") && !ContainsSubstring("the image asks"));
}

TEST_CASE("a relative working directory of an image begins at its root") {
  const OwnStore store(Json{{"WorkingDir", "srv"}});
  CHECK_THAT(store.exec({"--", "/bin/probe", "status"}).out, ContainsSubstring(" cwd /srv\n"));
}

TEST_CASE("programs run as the image's user, or as the one that is asked for") {
  const OwnStore store(Json{{"User", "www"}});
  const auto who = [&store](const std::vector<std::string>& options) {
    std::vector<std::string> arguments = options;
    arguments.insert(arguments.end(), {"--", "/bin/probe", "status"});
    const Ended ended = store.exec(arguments);
    return ended.status == 0 ? ended.out.substr(0, ended.out.find(" host")) : ended.err;
  };
  CHECK(who({}) == "uid 33 gid 34");
  CHECK(who({"--user", "www:staff"}) == "uid 33 gid 50");
  CHECK(who({"--user", "33"}) == "uid 33 gid 34");
  CHECK(who({"-u", "77:88"}) == "uid 77 gid 88");
  CHECK(who({"-u", "77"}) == "uid 77 gid 1000");
  // No program runs as root, under any name.
  for (const char* root : {"root", "0", "0:0", "odd", "root:staff"})
    CHECK(who({"-u", root}) == "uid 1000 gid 1000");
  CHECK(who({"-u", "www:root"}) == "uid 33 gid 1000");
  for (const char* unknown : {"nobody", "broken", "www:nobody", "-1", "4294967296", "33 "})
    CHECK_THAT(who({"-u", unknown}), ContainsSubstring("is not in the image's /etc/"));
}

TEST_CASE("an image may be written to for the time of a run") {
  const OwnStore store(Json::object());
  const Ended refused = store.exec({"--", "/bin/probe", "write", "/srv/index"});
  CHECK(refused.out == "/srv/index EROFS\n");
  const Ended written = store.exec({"--writable", "--", "/bin/probe", "write", "/srv/index"});
  if (written.status == 125) {
    CHECK_THAT(written.err, ContainsSubstring("writable") || ContainsSubstring("idmapped"));
    return;
  }
  CHECK(written.out == "/srv/index ok\n");
  const Ended full =
      store.exec({"--writable-size", "1M", "--", "/bin/probe", "write-file", "/srv/large", "4"});
  CHECK(full.out == "ENOSPC\n");
  CHECK(store.exec({"--", "/bin/probe", "stat", "/srv/large"}).out == "/srv/large ENOENT\n");
}
