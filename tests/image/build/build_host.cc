#include "build_host.h"

#include <openssl/evp.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "image/build/build_job.h"

namespace cloche::image::test {

namespace {

// "sha512-<base64>"
std::string integrity(const std::string& bytes) {
  unsigned char value[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), value, &length, EVP_sha512(), nullptr);
  unsigned char text[128];
  EVP_EncodeBlock(text, value, static_cast<int>(length));
  return "sha512-" + std::string(reinterpret_cast<const char*>(text));
}

}  // namespace

Variable::Variable(const char* name, const std::string& value) : name_(name) {
  const char* old = std::getenv(name);
  had_ = old != nullptr;
  if (had_) old_ = old;
  ::setenv(name, value.c_str(), 1);
}

Variable::~Variable() {
  if (had_) {
    ::setenv(name_, old_.c_str(), 1);
  } else {
    ::unsetenv(name_);
  }
}

Host::Host() {
  std::filesystem::create_directories(directory / "data/rootfs");
  write(directory / "data/rootfs/base.json",
        R"({"variant": "essential", "source_date_epoch": 1735689600,
                    "environment": {"LANG": "C.UTF-8"}})");
  program("newuidmap", "exit 0");
  // Carries out the additions and lists of a recipe in a root file system of one file.
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
  // Delivers the content of `registry`.
  program("npm", R"(for last; do
  case $last in --pack-destination=*) to=${last#*=} ;; esac
done
echo "npm WARN something" >&2
cp "$(dirname "$0")/registry/$last" "$to/package.tgz" || { echo "npm ERR! 404 $last"; exit 1; })");
  std::filesystem::create_directories(directory / "registry");
}

void Host::program(const std::string& name, const std::string& script) {
  write(directory / name, "#!/bin/sh\n" + script + "\n");
  ::chmod((directory / name).c_str(), 0755);
}

void Host::recipe(const std::string& name, const std::string& more) {
  std::filesystem::create_directories(directory / ("data/rootfs/" + name));
  write(directory / ("data/rootfs/" + name + "/recipe.json"),
        R"({"suite": "trixie", "packages": ["bash"], "description": "d")" + more + "}");
}

void Host::publish(const std::vector<Entry>& entries, const std::string& more) {
  const std::string bytes = compressed(tar(entries), "gzip");
  write(directory / "registry/n@1.0.0", bytes);
  recipe("x", R"(, "npm": [{"name": "n", "version": "1.0.0", "to": "/opt/n", "integrity": ")" +
                  integrity(bytes) + "\"" + more + "}]");
}

void Host::cancel_at(const std::string& stage, const std::string& image) {
  const UniqueFd cancel(::eventfd(0, EFD_CLOEXEC));
  BuildOptions options;
  options.cancel_fd = cancel.get();
  options.progress = [&](const std::string& what, std::uint64_t, std::uint64_t) {
    const std::uint64_t one = 1;
    if (what == stage) CHECK(::write(cancel.get(), &one, sizeof one) == sizeof one);
  };
  CHECK_THROWS_AS(build(store, image, options), Cancelled);
}

bool Host::left_nothing() const {
  return store.list().empty() && listing(store.path() + "/tmp").empty();
}

}  // namespace cloche::image::test
