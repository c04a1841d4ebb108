// tools/completion/cloche.bash, in a bash that sources it.
#include <fstream>
#include <sstream>

#include "../image/fixture.h"
#include "catch.h"
#include "program.h"

using cloche::image::test::Directory;
using cloche::image::test::file;
using cloche::image::test::folder;
using cloche::image::test::tar;
using cloche::image::test::write;

namespace {

// The lines that bash offers for the last of `words`, which are split as readline splits them.
class Completion {
 public:
  Completion() {
    write(directory_ / "rootfs.tar", tar({folder("usr"), file("usr/x", "x")}));
    write(directory_ / "ask.sh", R"(
cd "$1" && . )" COMPLETION R"( && shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
_cloche
for each in "${COMPREPLY[@]}"; do echo "$each"; done)");
    for (const char* name : {"my/tool:1", "my/tool:22", "other"})
      REQUIRE(
          run_cloche({"image", "import", directory_ / "rootfs.tar", "--name", name}, {}, store())
              .status == 0);
  }

  std::string of(const std::string& words) const {
    const std::string out = directory_ / "out";
    const std::string line = "CLOCHE_STORE=" + (directory_ / "store") + " bash " +
                             (directory_ / "ask.sh") + " " + directory_.path() + " " +
                             CLOCHE_PROGRAM + " " + words + " >" + out + " 2>&1";
    REQUIRE(::system(line.c_str()) == 0);
    return cloche::image::test::read(out);
  }

 private:
  std::vector<std::string> store() const {
    return {"env", "CLOCHE_STORE=" + (directory_ / "store")};
  }
  Directory directory_;
};

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("commands and options are completed") {
  const Completion completion;
  CHECK(completion.of("lang") == "languages\n");
  CHECK(completion.of("image pru") == "prune\n");
  CHECK(completion.of("run --langu") == "--language\n--languageVersion\n");
  CHECK(completion.of("run -l rub") == "ruby\n");
  CHECK(completion.of("call --en") == "--entry\n");
  CHECK(completion.of("call --entry ''") == "");
  CHECK(completion.of("run --cases roo") == "rootfs.tar\n");
  CHECK(completion.of("image list --progress js") == "json\n");
  CHECK(completion.of("image list --progress = js") == "json\n");
  // Each subcommand has its own options.
  CHECK(completion.of("image prune --") == "--older-than\n--all\n--dry-run\n--json\n--help\n");
  CHECK(completion.of("image export other --") == "--reference\n--progress\n--help\n");
  CHECK(completion.of("image rm --") == "--help\n");
  for (const char* option : {"import x --name", "pull x --max-bytes", "prune --older-than",
                             "export other --reference", "build -j"})
    CHECK(completion.of("image " + std::string(option) + " ''") == "");
}

TEST_CASE("names of images are completed, those with colons too") {
  const Completion completion;
  const std::string present = completion.of("image inspect ''");
  for (const char* name : {"my/tool:1", "my/tool:22", "other"}) CHECK(has_line(present, name));
  CHECK(completion.of("image inspect oth") == "other\n");
  CHECK(completion.of("image inspect my/t") == "my/tool:1\nmy/tool:22\n");
  CHECK(completion.of("image inspect my/tool :") == "1\n22\n");
  CHECK(completion.of("image inspect my/tool : 2") == "22\n");
  CHECK(completion.of("exec --image my/tool : 2") == "22\n");
  CHECK(completion.of("exec -i oth") == "other\n");
  // Names are offered for as many arguments as the command takes.
  CHECK(completion.of("image rm my/tool : 1 oth") == "other\n");
  CHECK(completion.of("image verify other my/tool : 2") == "22\n");
  CHECK(completion.of("image inspect other my") == "");
  CHECK(has_line(completion.of("image build --jobs 2 --check ''"), "beam"));
  CHECK_FALSE(has_line(completion.of("image build ''"), "other"));
}

TEST_CASE("files are completed where a command takes them") {
  const Completion completion;
  CHECK(completion.of("image import roo") == "rootfs.tar\n");
  CHECK(completion.of("image import --name x roo") == "rootfs.tar\n");
  CHECK(completion.of("image import --max-bytes 1G roo") == "rootfs.tar\n");
  CHECK(completion.of("image import rootfs.tar roo") == "");
  CHECK(completion.of("image export other roo") == "rootfs.tar\n");
  CHECK(completion.of("image export my/tool : 1 roo") == "rootfs.tar\n");
  CHECK(completion.of("run --solution-file roo") == "rootfs.tar\n");
}
