#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <charconv>
#include <vector>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/tree.h"
#include "util/file.h"

namespace cloche::image {

namespace {

constexpr std::uint32_t kDefaultGroup = 1000;
constexpr off_t kLargestDatabase = 1 << 20;

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// passwd(5) or group(5) of an image, which may hold anything; empty if it has none.
std::string database(const Image& image, const char* path) {
  const UniqueFd root(::open(image.rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw Error::from_errno("open " + image.rootfs, errno);
  const UniqueFd file = open_within(root.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
                                    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > kLargestDatabase)
    return {};
  return read_all(file.get(), std::string(path) + " of the image " + image.name);
}

// The line of a database in which field `column` is `key`, as its fields.
std::vector<std::string_view> entry(std::string_view text, std::size_t column,
                                    std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() >= 3 && fields.size() > column && fields[column] == key) return fields;
  }
  return {};
}

[[noreturn]] void unknown(const Image& image, std::string_view what, std::string_view name,
                          const char* file) {
  throw Error(
      ErrorKind::image_corrupt,
      "run as the " + std::string(what) + " " + std::string(name) + " of the image " + image.name,
      0, std::string("it is not in the image's ") + file + "; --user names another");
}

}  // namespace

std::optional<UserIds> find_user(const Image& image, const std::string& wanted) {
  const std::size_t colon = wanted.find(':');
  const std::string_view user = std::string_view(wanted).substr(0, colon);
  const std::string_view group =
      colon == std::string::npos ? std::string_view() : std::string_view(wanted).substr(colon + 1);
  if (user.empty() || user == "root" || number(user) == 0) return {};
  UserIds ids{0, kDefaultGroup};
  const std::string users = database(image, "etc/passwd");
  const std::optional<std::uint32_t> user_number = number(user);
  const auto found = entry(users, user_number ? 2 : 0, user);
  const std::optional<std::uint32_t> id = user_number     ? user_number
                                          : found.empty() ? std::nullopt
                                                          : number(found[2]);
  if (!id) unknown(image, "user", user, "/etc/passwd");
  ids.user = *id;
  std::optional<std::uint32_t> group_id = found.size() > 3 ? number(found[3]) : std::nullopt;
  if (!group.empty()) {
    group_id = number(group);
    if (!group_id) {
      const std::string groups = database(image, "etc/group");
      const auto line = entry(groups, 0, group);
      if (!line.empty()) group_id = number(line[2]);
      if (!group_id) unknown(image, "group", group, "/etc/group");
    }
  }
  // Programs never run as root or in root's group.
  if (ids.user == 0) return {};
  const std::uint32_t chosen = group_id.value_or(0);
  if (chosen != 0) ids.group = chosen;
  return ids;
}

}  // namespace cloche::image
