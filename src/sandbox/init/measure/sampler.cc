#include "sandbox/init/measure/sampler.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/init/directory.h"
#include "sandbox/init/measure/descriptors.h"
#include "sandbox/init/measure/shared_memory.h"

namespace cloche::init {

namespace {

// While there are few processes, tables of descriptors up to this size, the smallest that the
// kernel makes, are skipped. All of them together can hold less than the error of a sample.
constexpr std::uint64_t kFewDescriptors = 64;
constexpr std::uint32_t kFewTasks = 16;
// The kernel's memory for each mapping.
constexpr std::uint64_t kBytesPerMapping = 256;
// The kernel's memory for each file of a tmpfs: inode and directory entry, both twice below an
// overlay.
constexpr std::uint64_t kBytesPerInode = 2048;

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  while (*text == ' ' || *text == '\t') ++text;
  while (*text >= '0' && *text <= '9') value = value * 10 + static_cast<unsigned>(*text++ - '0');
  return value;
}

// The number in the line that begins with `key`, which has its newline in front and its colon.
std::uint64_t field(const char* status, const char* key) {
  const char* line = strstr(status, key);
  return line == nullptr ? 0 : number(line + strlen(key));
}

std::uint64_t cpu_of(pid_t pid) {
  // The clock of a whole process, as MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel.
  return clock(static_cast<clockid_t>((~static_cast<unsigned>(pid) << 3) | 2u));
}

}  // namespace

Sampler::Seen& Sampler::remember(pid_t pid) {
  unsigned at = static_cast<unsigned>(pid) & (kRemembered - 1);
  // A place is free again once its process was not seen in the round before.
  for (unsigned tried = 0; tried < kRemembered; ++tried, at = (at + 1) & (kRemembered - 1)) {
    if (seen_[at].pid == pid) return seen_[at];
    if (seen_[at].pid == 0 || seen_[at].round + 1 < round_) {
      seen_[at] = {};
      seen_[at].pid = pid;
      return seen_[at];
    }
  }
  static Seen nobody;
  nobody = {};
  return nobody;
}

void Sampler::look_at(const char* name, bool measure, Use& use) {
  const auto pid = static_cast<pid_t>(number(name));
  if (pid == 1) return;
  char path[32], status[4096];
  snprintf(path, sizeof path, "%.10s/status", name);
  const int file = openat(world_.proc_fd, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  const ssize_t count = read(file, status, sizeof status - 1);
  close(file);
  if (count <= 0) return;
  status[count] = '\0';
  use.tasks += static_cast<std::uint32_t>(field(status, "\nThreads:"));
  if (!measure) return;

  Seen& seen = remember(pid);
  seen.round = round_;
  const std::uint64_t cpu = cpu_of(pid);
  // A smaller value than before belongs to another process of the same number.
  cpu_ns_ += cpu >= seen.cpu_ns ? cpu - seen.cpu_ns : cpu;
  seen.cpu_ns = cpu;
  const std::uint64_t kilobytes =
      field(status, "\nRssAnon:") + field(status, "\nVmSwap:") + field(status, "\nVmPTE:");
  use.memory_bytes += kilobytes * 1024;
  const std::uint64_t virtual_bytes = field(status, "\nVmSize:") * 1024;
  if (virtual_bytes != seen.virtual_bytes || round_ - seen.shared_round >= kMapsInterval) {
    seen.mappings = note_shared_mappings(world_.proc_fd, name, round_);
    seen.virtual_bytes = virtual_bytes;
    seen.shared_round = round_;
  }
  use.memory_bytes += seen.mappings * kBytesPerMapping;
  const std::uint64_t table = field(status, "\nFDSize:");
  if (table > kFewDescriptors || tasks_ > kFewTasks)
    use.memory_bytes += memory_of_descriptors(world_.proc_fd, name, table, use.pipe_ends);
}

void Sampler::look_at_disks(Use& use) {
  for (unsigned i = 0; i < world_.memory_count; ++i) {
    struct statfs status {};
    if (fstatfs(world_.memory_fds[i], &status) != 0) continue;
    use.memory_bytes += static_cast<std::uint64_t>(status.f_blocks - status.f_bfree) *
                            static_cast<std::uint64_t>(status.f_bsize) +
                        (status.f_files - status.f_ffree) * kBytesPerInode;
    if (status.f_bfree == 0 || status.f_ffree == 0) use.disk_full = true;
  }
}

Use Sampler::sample(bool measure, std::uint64_t enough) {
  Use use{};
  ++round_;
  look_at_disks(use);
  if (measure) use.memory_bytes += kernel_memory(world_);
  const int listed = openat(world_.proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listed >= 0) {
    for_each_number(listed, [&](const char* name) {
      if (use.memory_bytes + memory_of_pipes(use.pipe_ends) <= enough) look_at(name, measure, use);
    });
    close(listed);
  }
  tasks_ = use.tasks;
  if (!measure) return use;
  use.memory_bytes += shared_mappings(round_) + memory_of_pipes(use.pipe_ends);
  use.cpu_ns = cpu_ns_;
  return use;
}

}  // namespace cloche::init
