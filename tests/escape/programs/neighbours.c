// Communicates with another sandbox through objects that both share: the inodes of the root file
// system and of the devices.
#include <linux/futex.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>

#include "hostile.h"

static const char* const shared[] = {"/hostile", "/", "/etc", "/bound", "/dev/null", "/dev/zero"};
enum { kShared = sizeof shared / sizeof *shared };

// Takes every kind of lock on every shared object, then waits.
static int lock(char** arguments) {
  (void)arguments;
  for (int i = 0; i < kShared; ++i) {
    const int whole = open(shared[i], O_RDONLY), range = open(shared[i], O_RDONLY);
    flock(whole, LOCK_EX | LOCK_NB);
    struct flock bytes = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1};
    fcntl(range, F_SETLK, &bytes);
    fcntl(open(shared[i], O_RDONLY), F_OFD_SETLK, &bytes);
    fcntl(open(shared[i], O_RDONLY), F_SETLEASE, F_RDLCK);
    const int writable = open(shared[i], O_RDWR);
    bytes.l_type = F_WRLCK;
    fcntl(writable, F_SETLK, &bytes);
  }
  hold();
  return 0;
}

// Prints which of those locks can be noticed.
static int notice_locks(char** arguments) {
  (void)arguments;
  char what[64];
  for (int i = 0; i < kShared; ++i) {
    const int file = open(shared[i], O_RDONLY);
    if (file < 0) continue;
    snprintf(what, sizeof what, "flock%s", shared[i]);
    if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) tried(what, 0);
    flock(file, LOCK_UN);
    struct flock bytes = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1};
    snprintf(what, sizeof what, "range%s", shared[i]);
    if (fcntl(file, F_GETLK, &bytes) == 0 && bytes.l_type != F_UNLCK) tried(what, 0);
    const int writable = open(shared[i], O_RDWR | O_NONBLOCK);
    if (writable >= 0) close(writable);
  }
  dprintf(1, "done\n");
  return 0;
}

// Watches every shared object and reports its events until standard input ends.
static int watch(char** arguments) {
  (void)arguments;
  const int watcher = inotify_init1(IN_NONBLOCK);
  for (int i = 0; i < kShared; ++i) {
    char what[64];
    snprintf(what, sizeof what, "watch%s", shared[i]);
    inotify_add_watch(watcher, shared[i], IN_ALL_EVENTS);
    inotify_add_watch(watcher, shared[i], IN_OPEN | IN_MASK_ADD);
    inotify_add_watch(watcher, shared[i], IN_ACCESS | IN_CLOSE_NOWRITE | IN_MASK_ADD);
    inotify_add_watch(watcher, shared[i], IN_ATTRIB | IN_MODIFY | IN_CREATE | IN_MASK_ADD);
  }
  signal(SIGIO, SIG_IGN);
  // Drop events that this program caused itself.
  char bytes[4096];
  sleep_ms(20);
  while (read(watcher, bytes, sizeof bytes) > 0) {
  }
  dprintf(1, "ready\n");
  struct pollfd sources[2] = {{0, POLLIN, 0}, {watcher, POLLIN, 0}};
  for (;;) {
    poll(sources, 2, -1);
    if (sources[1].revents) {
      const ssize_t count = read(watcher, bytes, sizeof bytes);
      if (count > 0)
        dprintf(1, "event %x\n", ((const struct inotify_event*)(const void*)bytes)->mask);
    }
    if (sources[0].revents && read(0, bytes, 1) <= 0) return 0;
  }
}

// Uses every shared object in ordinary ways, which a watcher would notice.
static int stir(char** arguments) {
  (void)arguments;
  char bytes[16];
  for (int i = 0; i < kShared; ++i) {
    const int file = open(shared[i], O_RDONLY | O_NONBLOCK);
    if (file < 0) continue;
    if (read(file, bytes, sizeof bytes) < 0) errno = 0;
    close(file);
    utimensat(AT_FDCWD, shared[i], NULL, 0);
    chmod(shared[i], 0777);
  }
  return 0;
}

// A futex in a shared mapping is known by its inode.
static int wait_for_wake(char** arguments) {
  (void)arguments;
  const int file = open("/hostile", O_RDONLY);
  const unsigned* word = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
  const struct timespec patience = {1, 0};
  dprintf(1, "ready\n");
  tried("woken", syscall(SYS_futex, word, FUTEX_WAIT, *word, &patience, NULL, 0));
  return 0;
}
static int wake(char** arguments) {
  (void)arguments;
  const int file = open("/hostile", O_RDONLY);
  const unsigned* word = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
  dprintf(1, "woke %ld\n", syscall(SYS_futex, word, FUTEX_WAKE, 100, NULL, NULL, 0));
  return 0;
}

const struct act_group neighbours_group = {"neighbours",
                                           (const struct act[]){{"lock", lock},
                                                                {"notice-locks", notice_locks},
                                                                {"watch", watch},
                                                                {"stir", stir},
                                                                {"wait-for-wake", wait_for_wake},
                                                                {"wake", wake},
                                                                {0}}};
