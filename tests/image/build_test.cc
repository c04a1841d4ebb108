// Builds: of what mmdebstrap and npm would bring, so that they take no network and no minutes.
#include "image/build.h"

#include <openssl/evp.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "fixture.h"
#include "image/build_job.h"
#include "image/sbom.h"

using namespace cloche;
using namespace cloche::image;

namespace {

// For as long as it lives, an environment variable has another value.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* old = std::getenv(name);
    had_ = old != nullptr;
    if (had_) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (had_) {
      ::setenv(name_, old_.c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  bool had_;
  std::string old_;
};

// "sha512-<base64>"
std::string integrity(const std::string& bytes) {
  unsigned char value[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), value, &length, EVP_sha512(), nullptr);
  unsigned char text[128];
  EVP_EncodeBlock(text, value, static_cast<int>(length));
  return "sha512-" + std::string(reinterpret_cast<const char*>(text));
}

// A directory of programs that stand before those of the host, and of recipes instead of ours.
struct Host {
  test::Directory directory;
  Variable path{"PATH", directory.path() + ":" + std::getenv("PATH")};
  Variable cache{"XDG_CACHE_HOME", directory / "cache"};
  Variable data{"CLOCHE_DATA_DIR", directory / "data"};
  Store store{directory / "store"};

  Host() {
    std::filesystem::create_directories(directory / "data/rootfs");
    test::write(directory / "data/rootfs/base.json",
                R"({"variant": "essential", "source_date_epoch": 1735689600,
                    "environment": {"LANG": "C.UTF-8"}})");
    program("newuidmap", "exit 0");
    // Does what a recipe's additions and lists ask for, in a root file system of one file.
    program("mmdebstrap", R"(test -t 2 || exit 9
echo built >> "$(dirname "$0")/count"
echo 'I: installing essential packages...' >&2
root=$(mktemp -d)
echo world > "$root/hello"
add() { mkdir -p "$root$2" && tar -C "$root$2" -xf "$1"; }
list() { printf 'P\tbash\t5.2-1+b1\tamd64\tbash\t5.2-1\nL\tGPL-3+\nL\tnobody-knows\n' > "$2"; }
for out; do
  case $out in
    --customize-hook=tar-in*) eval "add ${out#*tar-in}" || exit 8 ;;
    --customize-hook=download*) eval "list ${out#*download}" || exit 8 ;;
  esac
done
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$root" -cf "$out" .
rm -rf "$root")");
    // Brings what lies in `registry`.
    program("npm", R"(for last; do
  case $last in --pack-destination=*) to=${last#*=} ;; esac
done
echo "npm WARN something" >&2
cp "$(dirname "$0")/registry/$last" "$to/package.tgz" || { echo "npm ERR! 404 $last"; exit 1; })");
    std::filesystem::create_directories(directory / "registry");
  }

  void program(const std::string& name, const std::string& script) {
    test::write(directory / name, "#!/bin/sh\n" + script + "\n");
    ::chmod((directory / name).c_str(), 0755);
  }
  void recipe(const std::string& name, const std::string& more) {
    std::filesystem::create_directories(directory / ("data/rootfs/" + name));
    test::write(directory / ("data/rootfs/" + name + "/recipe.json"),
                R"({"suite": "trixie", "packages": ["bash"], "description": "d")" + more + "}");
  }
  // Publishes n@1.0.0 with these entries, and has the recipe x take it.
  void publish(const std::vector<test::Entry>& entries, const std::string& more = {}) {
    const std::string bytes = test::compressed(test::tar(entries), "gzip");
    test::write(directory / "registry/n@1.0.0", bytes);
    recipe("x", R"(, "npm": [{"name": "n", "version": "1.0.0", "to": "/opt/n", "integrity": ")" +
                    integrity(bytes) + "\"" + more + "}]");
  }
  bool left_nothing() const {
    return store.list().empty() && test::listing(store.path() + "/tmp").empty();
  }
};

}  // namespace

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
  // It is there, so nothing is built; unless it must be, and then it is the same.
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
  const UniqueFd cancel(::eventfd(0, EFD_CLOEXEC));
  BuildOptions options;
  options.cancel_fd = cancel.get();
  options.progress = [&](const std::string& what, std::uint64_t, std::uint64_t) {
    const std::uint64_t one = 1;
    if (what == "extracting packages") CHECK(::write(cancel.get(), &one, sizeof one) == sizeof one);
  };
  CHECK_THROWS_AS(build(host.store, "x", options), Cancelled);
  CHECK(test::read(host.directory / "cleaned") == "cleaned\n");
  CHECK(host.left_nothing());
}

TEST_CASE("what mmdebstrap started is ended with it, and may clean up first") {
  Host host;
  host.recipe("x", "");
  // As mmdebstrap does it: a child of the first process does the work, and is not told by it.
  host.program("mmdebstrap", "sh -c 'trap \"sleep 0.2; echo cleaned > " +
                                 (host.directory / "cleaned") +
                                 "; exit\" TERM; echo I: extracting archives >&2; sleep 60 & wait' "
                                 "& exec sleep 60");
  const UniqueFd cancel(::eventfd(0, EFD_CLOEXEC));
  BuildOptions options;
  options.cancel_fd = cancel.get();
  options.progress = [&](const std::string& what, std::uint64_t, std::uint64_t) {
    const std::uint64_t one = 1;
    if (what == "extracting packages") CHECK(::write(cancel.get(), &one, sizeof one) == sizeof one);
  };
  CHECK_THROWS_AS(build(host.store, "x", options), Cancelled);
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
  // It got SIGKILL; whoever inherited it reaps it.
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

TEST_CASE("an npm package is unpacked to its place") {
  Host host;
  host.publish({test::file("package/package.json", R"({"license": "MIT"})"),
                test::file("package/bin/n", "program", 0711),
                test::soft_link("package/link", "bin/n")});
  const std::string root = build(host.store, "x").rootfs;
  CHECK(test::read(root + "/opt/n/bin/n") == "program");
  CHECK(std::filesystem::status(root + "/opt/n/bin/n").permissions() ==
        std::filesystem::perms{0755});
  CHECK(std::filesystem::read_symlink(root + "/opt/n/link") == "bin/n");
}

TEST_CASE("a tar within an npm package is unpacked instead of it") {
  Host host;
  const std::string inner = test::compressed(test::tar({test::file("n-1/bin/n", "inner")}), "gzip");
  SECTION("where it is there") {
    host.publish({test::file("package/n.tar.gz", inner)}, R"(, "archive": "n.tar.gz")");
    const std::string root = build(host.store, "x").rootfs;
    CHECK(test::read(root + "/opt/n/bin/n") == "inner");
    CHECK_FALSE(test::exists(root + "/opt/n/n.tar.gz"));
  }
  SECTION("where it is not, or is a link") {
    host.publish({test::file("package/a", "1"), test::soft_link("package/n.tar.gz", "/etc/passwd")},
                 R"(, "archive": "n.tar.gz")");
    const Error error = test::error_of([&] { build(host.store, "x"); });
    CHECK(error.kind() == ErrorKind::bad_data);
    CHECK(host.left_nothing());
  }
}

TEST_CASE("an npm package that is not the pinned one is refused") {
  Host host;
  host.publish({test::file("package/a", "1")});
  test::write(host.directory / "registry/n@1.0.0",
              test::compressed(test::tar({test::file("package/a", "2")}), "gzip"));
  const Error error = test::error_of([&] { build(host.store, "x"); });
  CHECK(error.kind() == ErrorKind::digest_mismatch);
  CHECK_THAT(error.what(), ContainsSubstring("n@1.0.0"));
  CHECK_FALSE(test::exists(host.directory / "count"));
  CHECK(host.left_nothing());
}

TEST_CASE("an npm package that the registry does not have") {
  Host host;
  host.publish({test::file("package/a", "1")});
  std::filesystem::remove(host.directory / "registry/n@1.0.0");
  const Error error = test::error_of([&] { build(host.store, "x"); });
  CHECK(error.kind() == ErrorKind::system);
  CHECK_THAT(error.what(), ContainsSubstring("npm pack n@1.0.0"));
  CHECK_THAT(error.what(), ContainsSubstring("404"));
  CHECK(host.left_nothing());
}

TEST_CASE("a hostile npm package writes nowhere else") {
  Host host;
  const std::string outside = host.directory / "outside";
  std::filesystem::create_directories(outside);
  std::filesystem::permissions(outside, std::filesystem::perms{0777});
  SECTION("through a symbolic link") {
    host.publish({test::file("package/a", "1"), test::soft_link("package/d", outside),
                  test::file("package/d/evil", "evil")});
    // In the package, such a path leads to where it would in its own root: nowhere.
    CHECK(test::error_of([&] { build(host.store, "x"); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("upwards") {
    host.publish({test::file("package/../../../../outside/evil", "evil")});
    CHECK(test::error_of([&] { build(host.store, "x"); }).kind() == ErrorKind::image_corrupt);
  }
  SECTION("through a link as its directory") {
    host.publish({test::soft_link("package", outside)});
    static_cast<void>(build(host.store, "x"));
  }
  CHECK(test::listing(outside).empty());
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
  // When they were written does not matter.
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
  // What SPDX 2.3 requires of a document.
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

  // It is a layer of its own, and the manifest says what it is.
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
