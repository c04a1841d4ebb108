#include "sandbox/init/measure/descriptors.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/init/directory.h"
#include "sandbox/init/measure/sampler.h"

namespace cloche::init {

namespace {

// Up to kLookedAtEach descriptors are examined one by one. Of more, kLeastTried plus one in kShare
// are examined at random: each takes microseconds, and programs make descriptors faster than that.
constexpr std::uint64_t kLookedAtEach = 64;
constexpr std::uint64_t kLeastTried = 16, kShare = 32;
// A pipe holds 16 pages at first, until the user's have used up pipe-user-pages-soft; then two. Its
// two descriptors share these pages and the memory of the pipe itself.
constexpr std::uint64_t kFirstPipeEnds = 2048, kBytesPerFirstPipeEnd = 32768 + 1024;
constexpr std::uint64_t kBytesPerPipeEnd = 4096 + 1024;
// The kernel's memory for each file that an epoll instance watches.
constexpr std::uint64_t kBytesPerWatch = 192;
// One epoll instance that is found stands for others, and each of them may watch every file. The
// sample grows until one find stands for no more than this; otherwise chance could decide whether a
// program exceeds its limit.
constexpr std::uint64_t kMostPerFind = 2 << 20;

struct Kinds {
  std::uint64_t pipes, polls, others;
  std::uint64_t sum() const { return pipes + polls + others; }
};

void look_at(int directory, const char* name, Kinds& kinds) {
  char target[32];
  const ssize_t length = readlinkat(directory, name, target, sizeof target - 1);
  if (length < 0) return;
  target[length] = '\0';
  if (strncmp(target, "pipe:", 5) == 0) {
    ++kinds.pipes;
  } else if (strcmp(target, "anon_inode:[eventpoll]") == 0) {
    ++kinds.polls;
  } else {
    ++kinds.others;
  }
}

// Programs must not be able to predict which descriptors are examined: Marsaglia's xorshift from a
// random start.
std::uint64_t random_number() {
  static std::uint64_t state = 0;
  if (state == 0 && getrandom(&state, sizeof state, GRND_NONBLOCK) != sizeof state) state = now();
  if (state == 0) state = 1;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

// How many places to try in a table of `table` places with `open` descriptors.
std::uint64_t tries_for(std::uint64_t table, std::uint64_t open) {
  const std::uint64_t some = kLeastTried + open / kShare;
  const std::uint64_t fine = table * open * kBytesPerWatch / kMostPerFind;
  return some > fine ? some : fine;
}

// The kinds of `open` descriptors in a table of `table` places, estimated from `tries` places.
Kinds estimate(int directory, std::uint64_t table, std::uint64_t open, std::uint64_t tries) {
  Kinds found{};
  for (std::uint64_t i = 0; i < tries; ++i) {
    char name[24];
    snprintf(name, sizeof name, "%llu", static_cast<unsigned long long>(random_number() % table));
    look_at(directory, name, found);
  }
  const auto scaled = [&](std::uint64_t hits) {
    const std::uint64_t whole = hits * table / tries;
    return whole < open ? whole : open;
  };
  return {scaled(found.pipes), scaled(found.polls), scaled(found.others)};
}

}  // namespace

std::uint64_t memory_of_pipes(std::uint64_t ends) {
  if (ends <= kFirstPipeEnds) return ends * kBytesPerFirstPipeEnd;
  return kFirstPipeEnds * kBytesPerFirstPipeEnd + (ends - kFirstPipeEnds) * kBytesPerPipeEnd;
}

std::uint64_t memory_of_descriptors(int proc, const char* pid, std::uint64_t table,
                                    std::uint64_t& pipe_ends) {
  char path[32];
  snprintf(path, sizeof path, "%.10s/fd", pid);
  const int directory = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return 0;
  // Since Linux 6.2 the size of the directory is the number of open descriptors; before, zero.
  struct stat status {};
  const bool known = fstat(directory, &status) == 0 && status.st_size > 0;
  const std::uint64_t open = known ? static_cast<std::uint64_t>(status.st_size) : table;
  Kinds kinds{};
  const std::uint64_t tries = tries_for(table, open);
  if (open <= kLookedAtEach || tries >= open || table == 0) {
    for_each_number(directory, [&](const char* name) { look_at(directory, name, kinds); });
  } else {
    kinds = estimate(directory, table, open, tries);
  }
  close(directory);
  pipe_ends += kinds.pipes;
  return kinds.polls * kinds.sum() * kBytesPerWatch;
}

}  // namespace cloche::init
