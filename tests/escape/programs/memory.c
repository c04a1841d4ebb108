// Uses memory of every kind that user space can hold. Each act takes ARGUMENT mebibytes and holds
// them. If it is refused some of them, it ends with kRefused.
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include "hostile.h"

enum { kMebibyte = 1 << 20, kRefused = 3 };

static char piece[kMebibyte];

// Fills a file with pages of its own, in pieces that file size limits let pass.
static int fill(int fd, long mebibytes) {
  for (long i = 0; i < mebibytes; ++i)
    if (write(fd, piece, sizeof piece) != (ssize_t)sizeof piece) return -1;
  return 0;
}

static int anonymous(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 1024); ++i) {
    char* taken = mmap(NULL, kMebibyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (taken == MAP_FAILED) return kRefused;
    memset(taken, 1, kMebibyte);
  }
  keep();
}

// No single child comes near the limit.
static int children(char** arguments) {
  const long each = 16;
  for (long i = 0; i < number(arguments, 0, 1024) / each; ++i)
    if (fork() == 0) {
      char* taken = mmap(NULL, (size_t)each * kMebibyte, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (taken != MAP_FAILED) memset(taken, 1, (size_t)each * kMebibyte);
      keep();
    }
  keep();
}

static int files(char** arguments, const char* directory, int unlinked) {
  char path[64];
  for (long i = 0; i < number(arguments, 0, 1024) / 16; ++i) {
    snprintf(path, sizeof path, "%s/%ld", directory, i);
    const int fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0) return kRefused;
    if (unlinked) unlink(path);
    if (fill(fd, 16) != 0) return kRefused;
    if (!unlinked) close(fd);
  }
  keep();
}
static int tmpfs_files(char** arguments) {
  return files(arguments, "/tmp", 0);
}
static int deleted_files(char** arguments) {
  return files(arguments, "/tmp", 1);
}
static int shm_files(char** arguments) {
  return files(arguments, "/dev/shm", 0);
}

// A file in memory that is never mapped: resident in no process.
static int memory_file(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 1024) / 16; ++i) {
    const int fd = memfd_create("x", 0);
    if (fd < 0 || fill(fd, 16) != 0) return kRefused;
  }
  keep();
}

// Files in flight: sent over a socket, and closed. No process has a descriptor of them any more.
static int in_flight(char** arguments) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return kRefused;
  for (long i = 0; i < number(arguments, 0, 1024) / 16; ++i) {
    if (i % 8 == 7 && socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return kRefused;
    const int fd = memfd_create("x", 0);
    if (fd < 0 || fill(fd, 16) != 0) return kRefused;
    char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    if (sendmsg(ends[0], &message, MSG_DONTWAIT) < 0) return kRefused;
    close(fd);
  }
  keep();
}

static int shared_anonymous(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 1024); ++i) {
    char* taken = mmap(NULL, kMebibyte, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (taken == MAP_FAILED) return kRefused;
    memset(taken, 1, kMebibyte);
  }
  keep();
}

// Pages that were touched and then removed from the page tables: they stay, but are resident in no
// process.
static int dropped(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 1024); ++i) {
    char* taken = mmap(NULL, kMebibyte, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (taken == MAP_FAILED) return kRefused;
    memset(taken, 1, kMebibyte);
    madvise(taken, kMebibyte, MADV_DONTNEED);
  }
  keep();
}

static int system_v(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 1024) / 16; ++i) {
    const int id = shmget(IPC_PRIVATE, 16 * kMebibyte, 0600);
    if (id < 0) return kRefused;
    char* taken = shmat(id, NULL, 0);
    if (taken == (void*)-1) return kRefused;
    memset(taken, 1, 16 * kMebibyte);
    shmdt(taken);
  }
  keep();
}

// Standard input is sometimes a file in memory. Reopened through /proc, it might be writable.
static int input_file(char** arguments) {
  const int fd = open("/proc/self/fd/0", O_RDWR);
  tried("reopen-stdin", fd);
  if (fd >= 0) tried("fill-stdin", fill(fd, number(arguments, 0, 1024)));
  keep();
}

const struct act_group memory_group = {"memory",
                                       (const struct act[]){{"anonymous", anonymous},
                                                            {"children", children},
                                                            {"tmpfs-files", tmpfs_files},
                                                            {"deleted-files", deleted_files},
                                                            {"shm-files", shm_files},
                                                            {"memory-file", memory_file},
                                                            {"in-flight", in_flight},
                                                            {"shared-anonymous", shared_anonymous},
                                                            {"dropped", dropped},
                                                            {"system-v", system_v},
                                                            {"input-file", input_file},
                                                            {0}}};
