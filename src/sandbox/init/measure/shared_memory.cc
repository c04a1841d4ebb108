#include "sandbox/init/measure/shared_memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

namespace cloche::init {

namespace {

struct Mapping {
  std::uint64_t inode, bytes;
  std::uint32_t round;
};

constexpr unsigned kRoom = 512;
Mapping mappings[kRoom];
unsigned mapping_count = 0;

std::uint64_t hexadecimal(const char*& text) {
  std::uint64_t value = 0;
  for (;; ++text) {
    if (*text >= '0' && *text <= '9')
      value = value * 16 + static_cast<unsigned>(*text - '0');
    else if (*text >= 'a' && *text <= 'f')
      value = value * 16 + static_cast<unsigned>(*text - 'a') + 10;
    else
      return value;
  }
}

void note(std::uint64_t inode, std::uint64_t bytes, std::uint32_t round) {
  for (unsigned i = 0; i < mapping_count; ++i) {
    Mapping& known = mappings[i];
    if (known.inode != inode) continue;
    if (bytes > known.bytes) known.bytes = bytes;
    known.round = round;
    return;
  }
  if (mapping_count < kRoom) {
    mappings[mapping_count++] = {inode, bytes, round};
    return;
  }
  // No ordinary program has so many. Count the rest with the last, even if that counts one twice.
  mappings[kRoom - 1].bytes += bytes;
  mappings[kRoom - 1].round = round;
}

// A line of /proc/PID/maps: "from-to perms offset device inode name".
void read_line(const char* line, std::uint32_t round) {
  const std::uint64_t from = hexadecimal(line);
  if (*line++ != '-') return;
  const std::uint64_t to = hexadecimal(line);
  if (strlen(line) < 6 || line[4] != 's') return;
  const char* name = strchr(line, '/');
  if (name == nullptr || (strncmp(name, "/dev/zero", 9) != 0 && strncmp(name, "/memfd:", 7) != 0))
    return;
  line += 6;
  const std::uint64_t offset = hexadecimal(line);
  const char* inode = line;
  for (int words = 0; words < 2; ++words) {
    inode = strchr(inode, ' ');
    if (inode == nullptr) return;
    ++inode;
  }
  std::uint64_t number = 0;
  while (*inode >= '0' && *inode <= '9')
    number = number * 10 + static_cast<unsigned>(*inode++ - '0');
  note(number, offset + to - from, round);
}

}  // namespace

std::uint64_t note_shared_mappings(int proc, const char* pid, std::uint32_t round) {
  char path[32];
  snprintf(path, sizeof path, "%.10s/maps", pid);
  const int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[8192];
  std::uint64_t lines = 0;
  std::size_t filled = 0;
  for (;;) {
    const ssize_t count = read(file, text + filled, sizeof text - 1 - filled);
    if (count <= 0) break;
    if (lines > kManyMappings) {
      lines = kMostMappings;
      break;
    }
    filled += static_cast<std::size_t>(count);
    text[filled] = '\0';
    char* line = text;
    while (char* end = strchr(line, '\n')) {
      *end = '\0';
      read_line(line, round);
      ++lines;
      line = end + 1;
    }
    filled -= static_cast<std::size_t>(line - text);
    memmove(text, line, filled);
    if (filled == sizeof text - 1) filled = 0;  // the kernel writes no line so long
  }
  close(file);
  return lines;
}

std::uint64_t shared_mappings(std::uint32_t round) {
  std::uint64_t sum = 0;
  for (unsigned i = 0; i < mapping_count;) {
    if (round - mappings[i].round > kMapsInterval) {
      mappings[i] = mappings[--mapping_count];
      continue;
    }
    sum += mappings[i++].bytes;
  }
  return sum;
}

void forget_shared_mappings() {
  mapping_count = 0;
}

}  // namespace cloche::init
