// Fills the writable directories.
#include <sys/statvfs.h>

#include "hostile.h"

static char piece[1 << 20];

// Bytes that could be written to `directory` in files of at most 16 MiB, deleted at once or kept.
static long fill(const char* directory, int unlinked) {
  char path[64];
  long written = 0;
  for (int i = 0; i < 900; ++i) {
    snprintf(path, sizeof path, "%s/fill-%d-%d", directory, getpid(), i);
    const int fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0) break;
    if (unlinked) unlink(path);
    const long before = written;
    for (int j = 0; j < 16; ++j) {
      const ssize_t count = write(fd, piece, sizeof piece);
      if (count > 0) written += count;
      if (count < (ssize_t)sizeof piece) break;
    }
    if (!unlinked) close(fd);
    if (written == before) break;
  }
  return written;
}

static int bytes(char** arguments) {
  dprintf(1, "bytes %ld\n", fill(arguments[0], 0));
  return 0;
}
static int deleted(char** arguments) {
  dprintf(1, "bytes %ld\n", fill(arguments[0], 1));
  return 0;
}

static int allocated(char** arguments) {
  char path[64];
  long taken = 0;
  for (int i = 0; i < 900; ++i) {
    snprintf(path, sizeof path, "%s/allocated-%d-%d", arguments[0], getpid(), i);
    const int fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0 || fallocate(fd, i % 2 /* FALLOC_FL_KEEP_SIZE */, 0, sizeof piece) != 0) break;
    taken += (long)sizeof piece;
    if (i % 3 == 0) unlink(path);
  }
  dprintf(1, "bytes %ld\n", taken);
  return 0;
}

// Makes everything that has an inode.
static int inodes(char** arguments) {
  char path[128];
  long made = 0;
  for (int i = 0; i < 200000; ++i) {
    snprintf(path, sizeof path, "%s/i%d", arguments[0], i);
    int result = -1;
    if (i % 4 == 0) result = mknod(path, S_IFREG | 0600, 0);
    if (i % 4 == 1) result = mkdir(path, 0700);
    if (i % 4 == 2) result = symlink("x", path);
    if (i % 4 == 3) result = mkfifo(path, 0600);
    if (result != 0) break;
    ++made;
  }
  dprintf(1, "inodes %ld\n", made);
  return 0;
}

// Makes a file larger than the limit, in four ways. Each must end by SIGXFSZ, or with EFBIG if that
// signal is ignored.
static int large(char** arguments) {
  if (strcmp(arguments[1], "ignored") == 0) signal(SIGXFSZ, SIG_IGN);
  const int fd = open(arguments[0], O_CREAT | O_RDWR, 0600);
  tried("truncate", ftruncate(fd, 1l << 40));
  tried("write-far", pwrite(fd, "x", 1, 1l << 40));
  tried("allocate", fallocate(fd, 0, 1l << 40, 4096));
  long written = 0;
  for (ssize_t count; written < 1 << 30 && (count = write(fd, piece, sizeof piece)) > 0;)
    written += count;
  dprintf(1, "bytes %ld\n", written);
  return 0;
}

static int descriptors(char** arguments) {
  (void)arguments;
  long count = 0;
  for (; count < 1000000; ++count)
    if (dup(0) < 0) break;
  dprintf(1, "descriptors %ld\n", count);
  return 0;
}

// Tries all places that accept a file.
static int places(char** arguments) {
  (void)arguments;
  const char* const candidates[] = {"/",          "/etc",   "/dev", "/dev/shm",    "/proc", "/tmp",
                                    "/workspace", "/bound", "/run", "/dev/mqueue", "/sys"};
  for (size_t i = 0; i < sizeof candidates / sizeof *candidates; ++i) {
    const int fd = open(candidates[i], O_TMPFILE | O_RDWR, 0600);
    struct statvfs space;
    if (fd >= 0 && statvfs(candidates[i], &space) == 0)
      dprintf(1, "writable %s %lu\n", candidates[i], space.f_blocks * space.f_frsize);
  }
  return 0;
}

const struct act_group disk_group = {"disk", (const struct act[]){{"bytes", bytes},
                                                                  {"deleted", deleted},
                                                                  {"allocated", allocated},
                                                                  {"inodes", inodes},
                                                                  {"large", large},
                                                                  {"descriptors", descriptors},
                                                                  {"places", places},
                                                                  {0}}};
