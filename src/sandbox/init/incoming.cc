#include "sandbox/init/incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/init/open.h"
#include "sandbox/init/requests.h"

namespace cloche::init {

namespace {

// Between two pieces init looks after the program. Copying one takes less than a millisecond.
constexpr std::size_t kPiece = 1 << 20;

constexpr int kDirectory = O_PATH | O_DIRECTORY | O_NOFOLLOW;

}  // namespace

void IncomingFile::begin(Message& message) {
  message_ = message;
  message = {};
  path_ = path_in(message_, message_.body<protocol::Put>().path);
  if (!enter_parents()) return fail(InitStep::make_parents);
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) return fail(InitStep::create_file);
  snprintf(own_name_, sizeof own_name_, ".cloche-%016llx", static_cast<unsigned long long>(random));
  file_ = openat(directory_, own_name_, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file_ < 0) return fail(InitStep::create_file);
}

void IncomingFile::copy() {
  ssize_t count;
  do {
    count = sendfile(file_, message_.fds[0], nullptr, kPiece);
  } while (count < 0 && errno == EINTR);
  if (count > 0) return;
  if (count < 0 || fchown(file_, world_.program.user, world_.program.group) != 0 ||
      fchmod(file_, message_.body<protocol::Put>().mode & 0777) != 0)
    return fail(InitStep::write_file);
  // Replaces a link, a pipe or a file of that name. A directory stays and is an error.
  if (renameat(directory_, own_name_, directory_, name_) != 0) return fail(InitStep::replace_file);
  drop();
  reply(protocol::Type::done);
}

// Opens the directory of the file. Makes what is missing on the way; the program owns it.
bool IncomingFile::enter_parents() {
  directory_ = open_below(world_.root_fd, ".", kDirectory);
  if (directory_ < 0) return false;
  char* part = path_;
  for (char* slash = strchr(part, '/'); slash != nullptr; slash = strchr(part, '/')) {
    *slash = '\0';
    const bool entered = *part == '\0' || enter(part);
    *slash = '/';
    if (!entered) return false;
    part = slash + 1;
  }
  name_ = part;
  return true;
}

// Goes from `directory_` to `name` in it, with which path_ ends for now.
bool IncomingFile::enter(const char* name) {
  int next = open_below(world_.root_fd, path_, kDirectory);
  if (next < 0 && errno == ENOENT) {
    const bool made = mkdirat(directory_, name, 0755) == 0;
    if (!made && errno != EEXIST) return false;
    next = open_below(directory_, name, kDirectory, 0, RESOLVE_NO_XDEV);
    // A directory that a program put in this place meanwhile was the program's to move before.
    if (next >= 0 && made &&
        fchownat(next, "", world_.program.user, world_.program.group, AT_EMPTY_PATH) != 0) {
      close_keeping_errno(next);
      return false;
    }
  }
  if (next < 0) return false;
  close(directory_);
  directory_ = next;
  return true;
}

void IncomingFile::fail(InitStep step) {
  const int errnum = errno;
  if (file_ >= 0) unlinkat(directory_, own_name_, 0);
  reply_failed(step, errnum, path_);
  drop();
}

void IncomingFile::drop() {
  if (file_ >= 0) close(file_);
  if (directory_ >= 0) close(directory_);
  file_ = directory_ = -1;
  message_.drop();
}

}  // namespace cloche::init
