// Disk space for images.
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "cloche/error.h"
#include "host/probes.h"
#include "util/paths.h"

namespace cloche::host {

namespace {

// A language's image takes up to about this much while it is made: its files, their archive, and
// the packages that it is made of.
constexpr std::uint64_t kEnough = 1ull << 30;

std::string in_words(std::uint64_t bytes) {
  char text[32];
  const bool large = bytes >= 1ull << 30;
  std::snprintf(text, sizeof text, "%.*f %s", large ? 1 : 0,
                static_cast<double>(bytes) / (large ? 1ull << 30 : 1ull << 20),
                large ? "GiB" : "MiB");
  return text;
}

}  // namespace

HostFinding probe_store() {
  HostFinding finding{"store", HostLevel::degraded, "",
                      "existing images can be run, but none can be added"};
  std::string store;
  try {
    store = store_path();
  } catch (const Error& error) {
    finding.found = error.tried() + ": it is nowhere";
    finding.remedy = "set HOME or CLOCHE_STORE";
    return finding;
  }
  // A store that does not exist yet will be made in its nearest existing parent.
  std::string place = store;
  while (place.size() > 1 && ::access(place.c_str(), F_OK) != 0) {
    const std::size_t slash = place.rfind('/');
    place = slash == std::string::npos ? "." : slash == 0 ? "/" : place.substr(0, slash);
  }
  struct statfs status {};
  if (::statfs(place.c_str(), &status) != 0) {
    finding.found = store + ": " + std::strerror(errno);
    finding.remedy = "set CLOCHE_STORE to a directory that can be written";
    return finding;
  }
  const std::uint64_t room =
      status.f_bavail * static_cast<std::uint64_t>(status.f_frsize != 0 ? status.f_frsize : 1);
  const bool in_memory = status.f_type == TMPFS_MAGIC;
  finding.found = in_words(room) + " free for " + store + (in_memory ? ", in memory" : "");
  if (::access(place.c_str(), W_OK) != 0) {
    finding.found = store + " cannot be written: " + std::strerror(errno);
    finding.remedy = "set CLOCHE_STORE to a directory that can be written";
  } else if (room < kEnough) {
    finding.remedy = in_memory ? "mount -o remount,size=4G the tmpfs it lies on, or set "
                                 "CLOCHE_STORE to a directory with more room"
                               : "set CLOCHE_STORE to a directory with more room";
  } else {
    finding.level = HostLevel::ok;
    finding.instead.clear();
  }
  return finding;
}

}  // namespace cloche::host
