#include "snapshot.h"

#include <sys/stat.h>

#include <filesystem>

#include "fixture.h"

namespace cloche::image::test {

namespace fs = std::filesystem;

namespace {

enum class Detail { everything, content, comparable };

std::string described(const fs::path& path, Detail detail) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0) return "missing";
  unsigned mode = status.st_mode;
  if (detail == Detail::comparable) {
    mode &= ~07022u;
    if (S_ISREG(mode)) mode |= 0400;
    if (S_ISDIR(mode)) mode |= 0700;
    if (S_ISLNK(mode)) mode = S_IFLNK;
  }
  std::string text = "mode " + octal(mode, 6);
  if (detail != Detail::comparable)
    text += " inode " + std::to_string(status.st_ino) + " owner " + std::to_string(status.st_uid) +
            ":" + std::to_string(status.st_gid);
  if (detail == Detail::everything && !S_ISDIR(mode))
    text += " names " + std::to_string(status.st_nlink);
  if (detail == Detail::everything || (S_ISREG(mode) && detail == Detail::content))
    text += " time " + std::to_string(status.st_mtim.tv_sec) + "." +
            std::to_string(status.st_mtim.tv_nsec);
  if (detail == Detail::comparable && S_ISREG(mode))
    text += " time " + std::to_string(status.st_mtim.tv_sec);
  if (S_ISREG(mode)) text += " size " + std::to_string(status.st_size);
  if (S_ISREG(mode) && status.st_size < (1 << 20)) text += " " + digest(read(path));
  if (S_ISLNK(mode)) text += " to " + fs::read_symlink(path).string();
  return text;
}

Snapshot walked(const std::string& path, Detail detail) {
  Snapshot all;
  if (detail != Detail::comparable) all[""] = described(path, detail);
  for (const auto& entry : fs::recursive_directory_iterator(path))
    all[entry.path().string().substr(path.size() + 1)] = described(entry.path(), detail);
  return all;
}

}  // namespace

Snapshot everything_in(const std::string& path) {
  return walked(path, Detail::everything);
}

Snapshot contents(const std::string& store) {
  Snapshot all = walked(store, Detail::content);
  // The pool keeps directories that it needed once, at most 256.
  std::erase_if(all, [](const auto& one) {
    return one.first.rfind("pool/", 0) == 0 && one.first.find('/', 5) == std::string::npos;
  });
  return all;
}

Snapshot comparable(const std::string& path) {
  return walked(path, Detail::comparable);
}

std::string difference(const Snapshot& before, const Snapshot& after) {
  for (const auto& [path, what] : before) {
    const auto found = after.find(path);
    if (found == after.end()) return "gone: " + path;
    if (found->second != what) return path + ": was " + what + ", is " + found->second;
  }
  for (const auto& [path, what] : after)
    if (before.count(path) == 0) return "new: " + path + ", " + what;
  return {};
}

}  // namespace cloche::image::test
