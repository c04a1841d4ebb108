// What the processes inside use, where no cgroup says so.
//
// Processes are counted by the kernel's own figures: their CPU clocks (clock_getcpuclockid(3)) and
// the numbers in /proc/PID/statm, which hold no text that a process could choose.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/init/init.h"

namespace cloche::init {

namespace {

// As the kernel writes it for getdents64(2).
struct Entry {
  std::uint64_t inode;
  std::int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[1];
};

// The number that a text begins with; moves on behind it and one separator.
std::uint64_t number(const char*& text) {
  std::uint64_t value = 0;
  while (*text >= '0' && *text <= '9') value = value * 10 + static_cast<unsigned>(*text++ - '0');
  if (*text != '\0') ++text;
  return value;
}

std::uint64_t cpu_of(pid_t pid) {
  timespec time{};
  // The clock of a whole process, as MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel.
  const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(pid) << 3) | 2u);
  if (clock_gettime(clock, &time) != 0) return 0;
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// Memory that belongs to one process alone: resident, less what is shared with files.
std::uint64_t memory_of(const World& world, const char* pid) {
  char path[32], text[128];
  snprintf(path, sizeof path, "%.10s/statm", pid);
  const int fd = openat(world.proc_fd, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t count = read(fd, text, sizeof text - 1);
  close(fd);
  if (count <= 0) return 0;
  text[count] = '\0';
  const char* next = text;
  number(next);  // size
  const std::uint64_t resident = number(next), shared = number(next);
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return resident > shared ? (resident - shared) * page : 0;
}

}  // namespace

Usage sample(const World& world) {
  Usage usage{};
  const int processes = openat(world.proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (processes >= 0) {
    alignas(Entry) char buffer[8192];
    long count;
    while ((count = syscall(SYS_getdents64, processes, buffer, sizeof buffer)) > 0) {
      for (long at = 0; at < count;) {
        const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
        at += entry->length;
        const char* name = entry->name;
        if (*name < '0' || *name > '9') continue;
        const auto pid = static_cast<pid_t>(number(name));
        if (pid == 1) continue;
        usage.cpu_ns += cpu_of(pid);
        usage.memory_bytes += memory_of(world, entry->name);
      }
    }
    close(processes);
  }
  for (unsigned i = 0; i < world.memory_count; ++i) {
    struct statfs status {};
    if (fstatfs(world.memory_fds[i], &status) == 0)
      usage.memory_bytes += static_cast<std::uint64_t>(status.f_blocks - status.f_bfree) *
                            static_cast<std::uint64_t>(status.f_bsize);
  }
  return usage;
}

std::uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace cloche::init
