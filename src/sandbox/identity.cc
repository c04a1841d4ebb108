#include "sandbox/identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <sstream>
#include <string>

#include "cloche/error.h"
#include "sandbox/protocol.h"
#include "util/file.h"

namespace cloche {

namespace {

// One byte of this file is locked for each slot in use. Locks belong to the open file, so they go
// with the last process that holds it.
constexpr const char* kDirectory = "/run/cloche";
constexpr const char* kLockFile = "/run/cloche/ids";

}  // namespace

bool IdentityLease::possible() {
  if (::geteuid() != 0) return false;
  // Lines of "first id inside, first id outside, count": user_namespaces(7).
  std::istringstream lines(read_file("/proc/self/uid_map"));
  std::uint64_t inside = 0, outside = 0, count = 0;
  while (lines >> inside >> outside >> count)
    if (inside <= kFirst && inside + count >= kFirst + 2ull * kSlots) return true;
  return false;
}

IdentityLease IdentityLease::take() {
  if (::mkdir(kDirectory, 0755) != 0 && errno != EEXIST)
    throw Error::from_errno(std::string("create ") + kDirectory, errno);
  UniqueFd file(::open(kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw Error::from_errno(std::string("open ") + kLockFile, errno);
  // Launchers begin looking at different places, so that the first try nearly always succeeds.
  static std::atomic<std::uint32_t> taken{0};
  const auto start = static_cast<std::uint32_t>(::getpid()) * 7 + taken++;
  for (std::uint32_t step = 0; step < kSlots; ++step) {
    const std::uint32_t slot = (start + step) % kSlots;
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = slot;
    range.l_len = 1;
    if (::fcntl(file.get(), F_OFD_SETLK, &range) == 0) return IdentityLease(std::move(file), slot);
    if (errno != EAGAIN && errno != EACCES)
      throw Error::from_errno(std::string("lock ") + kLockFile, errno);
  }
  throw Error(ErrorKind::busy, "find user ids for a sandbox", 0, "all are in use");
}

void IdentityLease::map(pid_t pid) const {
  const std::string lines = std::to_string(protocol::kInitId) + " " + std::to_string(first_id()) +
                            " 1\n" + std::to_string(protocol::kProgramId) + " " +
                            std::to_string(first_id() + 1) + " 1\n";
  for (const char* name : {"uid_map", "gid_map"}) {
    const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
    UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) throw Error::from_errno("open " + path, errno);
    write_all(file.get(), lines, path);
  }
}

}  // namespace cloche
