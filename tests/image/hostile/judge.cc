#include "judge.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"

namespace cloche::image::test {

namespace fs = std::filesystem;

namespace {

// The host's files and directories that shapes aim at: their states, and the content of some.
Snapshot host() {
  Snapshot all;
  for (const char* path :
       {"/", "/etc", "/etc/passwd", "/etc/shadow", "/etc/hosts", "/dev", "/dev/null", "/dev/zero",
        "/proc", "/sys", "/tmp", "/run", "/home", "/root", "/usr", "/usr/bin", "/new", "/file"}) {
    struct stat status {};
    all[path] = ::lstat(path, &status) < 0
                    ? "missing"
                    : octal(status.st_mode, 6) + " " + std::to_string(status.st_ino) + " " +
                          std::to_string(status.st_uid);
  }
  all["passwd"] = digest(read("/etc/passwd"));
  for (const auto& entry : fs::directory_iterator("/")) all["/ has " + entry.path().string()] = "";
  return all;
}

}  // namespace

std::string forbidden_in(const std::string& root) {
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string path = entry.path();
    struct stat status {};
    if (::lstat(path.c_str(), &status) < 0) return path + " cannot be looked at";
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode))
      return path + " is neither file nor directory nor link";
    if (S_ISLNK(status.st_mode)) continue;
    if ((status.st_mode & 07000) != 0) return path + " has set-id bits, or is sticky";
    if ((status.st_mode & 0022) != 0) return path + " can be written to by others";
    if (S_ISDIR(status.st_mode) && (status.st_mode & 0700) != 0700)
      return path + " cannot be removed by its owner";
    char names[65536];
    const ssize_t size = ::llistxattr(path.c_str(), names, sizeof names);
    for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(std::string(names + at).size()) + 1)
      if (std::string(names + at).compare(0, 5, "user.") != 0)
        return path + " has the attribute " + (names + at);
  }
  return {};
}

bool printable_line(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < ' ' || byte == 127) return false;
    if (byte < 0x80) continue;
    // UTF-8 alone, and none of its control characters: U+0080 to U+009F.
    const std::size_t more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    if (more == 0 || i + more >= text.size()) return false;
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    i += more;
  }
  return !text.empty();
}

Scene::Scene() : store_(place_ / "store") {
  fs::create_directories(place_ / "aim/directory");
  write(place_ / "aim/file", "untouched");
  write(place_ / "aim/directory/inner", "untouched");
  ::chmod((place_ / "aim/file").c_str(), 0640);
  ::chmod((place_ / "aim/directory").c_str(), 0711);
  // An image of another user, whose files equal those of many shapes.
  Layout layout(place_ / "earlier");
  layout.layer(tar({file("f", "x"), file("a", "1"), file("b", "2"), file("top", "4"),
                    file("d/a", "1"), soft_link("etc", "/etc")}));
  layout.finish();
  store_.import(layout.path(), "earlier");
  before_ = contents(store_.path());
  host_ = host();
}

void Scene::look_around() {
  CHECK(difference(around_, everything_in(place_ / "aim")) == "");
  CHECK(difference(host_, host()) == "");
  std::vector<std::string> beside;
  for (const auto& entry : fs::directory_iterator(place_.path()))
    beside.push_back(entry.path().filename());
  std::sort(beside.begin(), beside.end());
  CHECK(beside == std::vector<std::string>{"aim", "earlier", "source", "store"});
  // The earlier content of the store is unchanged.
  const Snapshot now = contents(store_.path());
  for (const auto& [path, what] : before_) {
    if (path.empty() || path == "rootfs" || path == "images" || path.rfind("blobs", 0) == 0)
      continue;
    const auto found = now.find(path);
    CHECK((found == now.end() ? "gone: " + path : found->second) == what);
  }
}

std::optional<Error> Scene::attempt(const std::string& source, const std::string& reference) {
  root_.clear();
  around_ = everything_in(place_ / "aim");
  std::optional<Error> failure;
  try {
    root_ = store_.import(source, "image", reference).rootfs;
  } catch (const Error& error) {
    failure = error;
  }
  look_around();
  if (failure) {
    CHECK(printable_line(failure->what()));
    CHECK(std::string(failure->what()).size() < 5000);
    CHECK(difference(before_, contents(store_.path())) == "");
  } else {
    CHECK(forbidden_in(root_) == "");
  }
  return failure;
}

void Scene::forget() {
  if (root_.empty()) return;
  store_.remove("image");
  root_.clear();
  CHECK(difference(before_, contents(store_.path())) == "");
}

}  // namespace cloche::image::test
