#include "image/build/mmdebstrap.h"

#include <algorithm>
#include <filesystem>

#include "catch.h"
#include "image/fixture.h"
#include "image/process.h"

using namespace cloche;
using namespace cloche::image;

TEST_CASE("mmdebstrap's output becomes stages and permille") {
  std::vector<std::pair<std::string, unsigned>> told;
  MmdebstrapProgress progress(
      [&](const std::string& stage, unsigned permille) { told.emplace_back(stage, permille); });
  std::string log;
  // Output as it comes from a terminal, cut at any place.
  const std::string said =
      "I: running apt-get update...\r\n\x1b[2K              0.00\r\x1b[2Kdownloading:  50.00\r"
      "\x1b[2Kdone\r\nI: downloading packages with apt...\r\nE: something\r\n";
  for (const char byte : said) log += progress.feed(std::string(1, byte));
  CHECK(log == "I: running apt-get update...\nI: downloading packages with apt...\nE: something\n");
  REQUIRE(told.size() == 4);
  CHECK(told[0].first == "reading package lists");
  CHECK(told[2].second == (10 + 150) / 2);
  CHECK(told[3].first == "downloading packages");
  CHECK(std::is_sorted(told.begin(), told.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; }));
}

TEST_CASE("the arguments of mmdebstrap") {
  Recipe recipe;
  recipe.suite = "trixie";
  recipe.variant = "essential";
  recipe.components = {"main"};
  recipe.packages = {"a", "b"};
  recipe.exclude = {"/usr/share/man/*"};
  recipe.files = {{"/etc/x", "it's"}};
  const std::vector<std::string> argv = mmdebstrap_arguments(recipe, {}, "/out.tar", false);
  const auto has = [&argv](const std::string& argument) {
    return std::find(argv.begin(), argv.end(), argument) != argv.end();
  };
  CHECK(has("--mode=unshare"));
  CHECK(has("--include=a,b"));
  CHECK(has("--dpkgopt=path-exclude=/usr/share/man/*"));
  CHECK(
      has("--customize-hook=mkdir -p \"$(dirname \"$1\"'/etc/x')\" && printf %s 'it'\\''s' > "
          "\"$1\"'/etc/x'"));
  CHECK(argv[argv.size() - 2] == "trixie");
  CHECK(argv.back() == "/out.tar");
}

TEST_CASE("packages of another suite are pinned, on the mirror of the first") {
  Recipe recipe;
  recipe.suite = "trixie";
  recipe.packages = {"a"};
  recipe.other_suites = {{"bookworm", {"b", "c"}}};
  recipe.apt = {{"Acquire::Check-Valid-Until", "false"}};
  const std::vector<std::string> argv = mmdebstrap_arguments(recipe, {}, "/out.tar", true);
  CHECK(std::find(argv.begin(), argv.end(), "--include=a,b,c") != argv.end());
  CHECK(std::find(argv.begin(), argv.end(), "--aptopt=Acquire::Check-Valid-Until \"false\"") !=
        argv.end());
  // The hooks are run as mmdebstrap runs them.
  test::Directory root;
  std::filesystem::create_directories(root / "etc/apt/sources.list.d");
  std::filesystem::create_directories(root / "etc/apt/preferences.d");
  test::write(root / "etc/apt/sources.list",
              "deb http://mirror.test/debian trixie main\n"
              "deb http://mirror.test/debian trixie-updates main\n"
              "deb http://mirror.test/debian-security trixie-security main\n");
  test::write(root / "etc/apt/sources.list.d/keep", "");
  test::write(root / "etc/apt/preferences.d/keep", "");
  const auto run_hooks = [&](const std::string& kind) {
    for (const std::string& argument : argv)
      if (argument.compare(0, kind.size(), kind) == 0) {
        ChildSpec spec;
        spec.argv = {"/bin/sh", "-c", argument.substr(kind.size()), "hook", root.path()};
        REQUIRE(ChildProcess(spec).wait() == 0);
      }
  };
  run_hooks("--setup-hook=");
  CHECK(test::read(root / "etc/apt/sources.list.d/cloche-bookworm.list") ==
        "deb http://mirror.test/debian bookworm main\n");
  CHECK(test::read(root / "etc/apt/preferences.d/cloche-bookworm") ==
        "Package: *\nPin: release n=bookworm\nPin-Priority: 100\n\n"
        "Package: b c\nPin: release n=bookworm\nPin-Priority: 990\n");
  run_hooks("--customize-hook=");
  CHECK_FALSE(test::exists(root / "etc/apt/sources.list.d/cloche-bookworm.list"));
  CHECK_FALSE(test::exists(root / "etc/apt/preferences.d/cloche-bookworm"));
  CHECK(test::exists(root / "etc/apt/sources.list.d/keep"));
}
