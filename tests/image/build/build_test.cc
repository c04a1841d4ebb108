// Builds with a stand-in for mmdebstrap, so that they take no network and no minutes.
#include "image/build/build.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "build_host.h"
#include "catch.h"
#include "image/build/build_job.h"
#include "image/build/sbom.h"

using namespace cloche;
using namespace cloche::image;
using test::Host;
using test::Variable;

TEST_CASE("an image is built from what mmdebstrap makes") {
  Host host;
  host.recipe("x", "");
  std::vector<std::string> stages;
  BuildOptions options;
  options.progress = [&](const std::string& what, std::uint64_t done, std::uint64_t of) {
    CHECK(done <= of);
    if (stages.empty() || stages.back() != what) stages.push_back(what);
  };
  const Image image = build(host.store, "x", options);
  CHECK(test::read(image.rootfs + "/hello") == "world\n");
  CHECK(image.layers.at(0).media_type == "application/vnd.oci.image.layer.v1.tar+zstd");
  CHECK(std::count(image.config.env.begin(), image.config.env.end(), "LANG=C.UTF-8") == 1);
  CHECK(std::find(stages.begin(), stages.end(), "installing essential packages") != stages.end());
  // The image exists, so nothing is built. A forced build gives the same image.
  CHECK(build(host.store, "x").digest == image.digest);
  CHECK(test::read(host.directory / "count") == "built\n");
  options.force = true;
  CHECK(build(host.store, "x", options).digest == image.digest);
  CHECK(test::read(host.directory / "count") == "built\nbuilt\n");
  CHECK(test::listing(host.store.path() + "/tmp").empty());
}

TEST_CASE("an image is built anew when its recipe has changed, and a stranger's is left alone") {
  Host host;
  host.recipe("x", "");
  const std::string digest = build(host.store, "x").digest;
  host.recipe("x", R"(, "environment": {"A": "1"})");
  const Image changed = build(host.store, "x");
  CHECK(changed.digest != digest);
  CHECK(changed.config.env.at(0) == "A=1");
  CHECK(build(host.store, "x").digest == changed.digest);
  test::write(host.directory / "data/rootfs/x/beside", "it");
  CHECK_FALSE(is_current(host.store, load_recipe("x")));

  test::Layout layout(host.directory / "layout");
  layout.layer(test::tar({test::file("theirs", "1")}));
  layout.finish("tag");
  const Image theirs = host.store.import(layout.path(), "x");
  CHECK(build(host.store, "x").digest == theirs.digest);
}

TEST_CASE("a build that fails says what mmdebstrap said last") {
  Host host;
  host.recipe("x", "");
  SECTION("for any reason") {
    host.program("mmdebstrap", "echo 'E: no such package' >&2\nexit 25");
    const Error error = test::error_of([&] { build(host.store, "x"); });
    CHECK(error.kind() == ErrorKind::system);
    CHECK_THAT(error.what(), ContainsSubstring("exit status 25"));
    CHECK_THAT(error.what(), ContainsSubstring("E: no such package"));
    CHECK_THAT(error.what(), ContainsSubstring("x.log"));
  }
  SECTION("for a full disk") {
    host.program("mmdebstrap", "echo 'tar: write error: No space left on device' >&2\nexit 1");
    CHECK(test::error_of([&] { build(host.store, "x"); }).kind() == ErrorKind::no_space);
  }
  CHECK(host.left_nothing());
}

TEST_CASE("a build that is interrupted ends what it started and leaves nothing") {
  Host host;
  host.recipe("x", "");
  host.program("mmdebstrap",
               "trap 'echo cleaned > " + (host.directory / "cleaned") +
                   "; exit 1' TERM\necho 'I: extracting archives' >&2\nsleep 60 & wait");
  host.cancel_at("extracting packages", "x");
  CHECK(test::read(host.directory / "cleaned") == "cleaned\n");
  CHECK(host.left_nothing());
}

TEST_CASE("the processes that mmdebstrap started end with it, and may clean up first") {
  Host host;
  host.recipe("x", "");
  // As in mmdebstrap: a child of the first process does the work, and the first process does not
  // pass signals on to it.
  host.program("mmdebstrap", "sh -c 'trap \"sleep 0.2; echo cleaned > " +
                                 (host.directory / "cleaned") +
                                 "; exit\" TERM; echo I: extracting archives >&2; sleep 60 & wait' "
                                 "& exec sleep 60");
  host.cancel_at("extracting packages", "x");
  CHECK(test::read(host.directory / "cleaned") == "cleaned\n");
}

TEST_CASE("a build does not wait for what mmdebstrap has left running") {
  Host host;
  host.recipe("x", "");
  host.program("mmdebstrap", "sleep 1000 & echo $! > " + (host.directory / "pid") +
                                 "\necho 'E: it is broken' >&2\nexit 3");
  const Error error = test::error_of([&] { build(host.store, "x"); });
  CHECK_THAT(error.what(), ContainsSubstring("exit status 3"));
  CHECK_THAT(error.what(), ContainsSubstring("it is broken"));
  // The process got SIGKILL; the process that inherited it reaps it.
  const pid_t left = std::stoi(test::read(host.directory / "pid"));
  const auto ended = [left] {
    std::ifstream stat("/proc/" + std::to_string(left) + "/stat");
    std::string number, name, state;
    return !(stat >> number >> name >> state) || state == "Z";
  };
  while (!ended()) ::usleep(1000);
}

TEST_CASE("an image that only an operator can supply says where it is") {
  Host host;
  std::filesystem::create_directories(host.directory / "data/rootfs/x");
  test::write(host.directory / "data/rootfs/x/recipe.json",
              R"({"description": "d", "supplied": "ask its authors"})");
  const Error error = test::error_of([&] { build(host.store, "x"); });
  CHECK(error.kind() == ErrorKind::unsupported);
  CHECK_THAT(error.what(), ContainsSubstring("ask its authors"));
  CHECK_FALSE(test::exists(host.directory / "count"));
}

TEST_CASE("without mmdebstrap or npm the package is named") {
  Host host;
  host.publish({test::file("package/a", "1")});
  std::filesystem::remove(host.directory / "npm");
  if (::access("/usr/sbin/mmdebstrap", X_OK) == 0) {
    const Variable path("PATH", host.directory.path());
    if (::access("/usr/sbin/npm", X_OK) != 0)
      CHECK_THAT(test::error_of([&] { build(host.store, "x"); }).what(),
                 ContainsSubstring("apt-get install npm"));
  } else {
    std::filesystem::remove(host.directory / "mmdebstrap");
    const Variable path("PATH", host.directory.path());
    CHECK_THAT(test::error_of([&] { build(host.store, "x"); }).what(),
               ContainsSubstring("apt-get install mmdebstrap"));
  }
}

TEST_CASE("files beside the recipe come into the image") {
  Host host;
  host.recipe("x", R"(, "copy": {"/usr/include/lib": "lib", "/etc/conf": "its.conf"})");
  const std::string beside = host.directory / "data/rootfs/x/";
  std::filesystem::create_directories(beside + "lib/sub");
  test::write(beside + "lib/sub/a.h", "a");
  test::write(beside + "its.conf", "c");
  ::chmod((beside + "its.conf").c_str(), 0600);
  const Image image = build(host.store, "x");
  CHECK(test::read(image.rootfs + "/usr/include/lib/sub/a.h") == "a");
  CHECK(test::read(image.rootfs + "/etc/conf") == "c");
  CHECK(std::filesystem::status(image.rootfs + "/etc/conf").permissions() ==
        std::filesystem::perms{0644});
  // The time of modification does not matter.
  std::filesystem::last_write_time(beside + "lib/sub/a.h",
                                   std::filesystem::file_time_type::clock::now());
  BuildOptions anew;
  anew.force = true;
  CHECK(build(host.store, "x", anew).digest == image.digest);
  std::filesystem::remove(beside + "its.conf");
  CHECK(test::error_of([&] { build(host.store, "x", anew); }).kind() == ErrorKind::no_input);
}

TEST_CASE("an image has a bill of materials") {
  Host host;
  host.publish({test::file("package/package.json", R"({"license": "MIT"})")});
  const Image image = build(host.store, "x");
  const nlohmann::json bill = nlohmann::json::parse(read_sbom(image.rootfs, "x"));
  // SPDX 2.3 requires these members of a document.
  CHECK(bill.at("spdxVersion") == "SPDX-2.3");
  CHECK(bill.at("dataLicense") == "CC0-1.0");
  CHECK(bill.at("SPDXID") == "SPDXRef-DOCUMENT");
  CHECK(bill.at("name") == "x");
  CHECK_THAT(bill.at("documentNamespace").get<std::string>(),
             ContainsSubstring("https://spdx.org/spdxdocs/cloche-x-"));
  CHECK(bill.at("creationInfo").at("created") == "2025-01-01T00:00:00Z");
  CHECK(bill.at("creationInfo").at("creators").at(0) == "Tool: cloche");
  std::vector<std::string> ids = {"SPDXRef-DOCUMENT"};
  for (const auto& package : bill.at("packages")) {
    const std::string id = package.at("SPDXID");
    CHECK(
        id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
        std::string::npos);
    CHECK(std::find(ids.begin(), ids.end(), id) == ids.end());
    ids.push_back(id);
    for (const char* key : {"name", "downloadLocation", "licenseDeclared", "copyrightText"})
      CHECK(package.contains(key));
  }
  for (const auto& relationship : bill.at("relationships"))
    for (const char* end : {"spdxElementId", "relatedSpdxElement"})
      CHECK(std::find(ids.begin(), ids.end(), relationship.at(end).get<std::string>()) !=
            ids.end());

  const auto package = [&](const std::string& name) {
    for (const auto& each : bill.at("packages"))
      if (each.at("name") == name) return each;
    return nlohmann::json();
  };
  CHECK(package("bash").at("versionInfo") == "5.2-1+b1");
  CHECK(package("bash").at("licenseDeclared") == "GPL-3.0-or-later AND LicenseRef-nobody-knows");
  CHECK(bill.at("hasExtractedLicensingInfos").at(0).at("licenseId") == "LicenseRef-nobody-knows");
  CHECK(package("bash").at("externalRefs").at(0).at("referenceLocator") ==
        "pkg:deb/debian/bash@5.2-1%2Bb1?arch=amd64&distro=trixie");
  CHECK(package("n").at("versionInfo") == "1.0.0");
  CHECK(package("n").at("licenseDeclared") == "MIT");
  CHECK(package("n").at("checksums").at(0).at("checksumValue").get<std::string>().size() == 128);

  // The bill is a layer of its own, which the manifest names.
  REQUIRE(image.layers.size() == 2);
  CHECK(image.layers[1].size < 8192);
  const nlohmann::json manifest = nlohmann::json::parse(
      test::read(host.store.path() + "/blobs/sha256/" + test::hex(image.digest)));
  CHECK(manifest.at("annotations").at(kSbomAnnotation) == "/usr/share/cloche/sbom.spdx.json");
  CHECK(manifest.at("annotations").at(kSbomDigestAnnotation) ==
        test::digest(read_sbom(image.rootfs, "x")));
}

TEST_CASE("an image without a bill of materials, or with a link in its place") {
  test::Directory directory;
  CHECK(test::error_of([&] { read_sbom(directory.path(), "x"); }).kind() == ErrorKind::no_input);
  std::filesystem::create_directories(directory / "usr/share/cloche");
  std::filesystem::create_symlink("/etc/passwd", directory / ("/" + std::string(kSbomPath)));
  CHECK(test::error_of([&] { read_sbom(directory.path(), "x"); }).kind() ==
        ErrorKind::image_corrupt);
}
