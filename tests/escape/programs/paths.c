// Tries ways to a file of the host. ARGUMENT is its path there.
#include <dirent.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/xattr.h>

#include "hostile.h"

static const char* const starts[] = {"",
                                     "/..",
                                     "/../../../../../../..",
                                     "/tmp/../..",
                                     "/proc/self/root",
                                     "/proc/self/root/..",
                                     "/proc/self/cwd/../../../..",
                                     "/proc/1/root",
                                     "/proc/1/cwd",
                                     "/proc/self/task/../root",
                                     "/proc/self/fd/0/../..",
                                     "/proc/thread-self/root/..",
                                     "/bound/..",
                                     "/bound/../..",
                                     "/bound/link",
                                     "/etc/../..",
                                     "/dev/fd/../root",
                                     "/dev/shm/../../..",
                                     "/root-link"};

static void attempt(const char* path) {
  show(path);
  // Tries to write, too: the test sees a changed file.
  const int file = open(path, O_WRONLY | O_NONBLOCK);
  if (file >= 0) {
    if (write(file, "overwritten", 11) < 0) errno = 0;
    close(file);
  }
  const int appending = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0666);
  if (appending >= 0) {
    if (write(appending, "appended", 8) < 0) errno = 0;
    close(appending);
  }
}

// Only reads, so that the act can be shown to work where nothing stops it.
static int look(char** arguments) {
  char path[4096];
  for (size_t i = 0; i < sizeof starts / sizeof *starts; ++i) {
    snprintf(path, sizeof path, "%s%s", starts[i], arguments[0]);
    show(path);
  }
  return 0;
}

static int read_host(char** arguments) {
  char path[4096];
  for (size_t i = 0; i < sizeof starts / sizeof *starts; ++i) {
    snprintf(path, sizeof path, "%s%s", starts[i], arguments[0]);
    attempt(path);
  }
  // Makes links, and follows them by name and by descriptor.
  symlink(arguments[0], "/tmp/symlink");
  attempt("/tmp/symlink");
  symlink("/proc/1/root", "/tmp/root");
  snprintf(path, sizeof path, "/tmp/root%s", arguments[0]);
  attempt(path);
  symlink("../../../../../../../..", "/tmp/up");
  snprintf(path, sizeof path, "/tmp/up%s", arguments[0]);
  attempt(path);
  if (link(arguments[0], "/tmp/hardlink") == 0) attempt("/tmp/hardlink");
  linkat(AT_FDCWD, arguments[0], AT_FDCWD, "/tmp/hardlink2", AT_SYMLINK_FOLLOW);
  attempt("/tmp/hardlink2");
  rename(arguments[0], "/tmp/renamed");
  attempt("/tmp/renamed");
  struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT};
  for (int above = 0; above < 8; ++above) {
    const int directory = open(".", O_PATH);
    const int file = (int)syscall(SYS_openat2, directory, arguments[0] + 1, &how, sizeof how);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (file >= 0) attempt(path);
    if (chdir("..") != 0) break;
    attempt(arguments[0] + 1);
  }
  return 0;
}

// The kernel stops ".." at the root, but above a directory that was moved away from under a walker
// there is no such root. One process moves, the other walks.
static int race(char** arguments) {
  char path[4096];
  mkdir("/tmp/a", 0755), mkdir("/tmp/a/b", 0755), mkdir("/tmp/a/b/c", 0755), mkdir("/tmp/d", 0755);
  const pid_t mover = fork();
  if (mover == 0)
    for (;;) {
      rename("/tmp/a/b/c", "/tmp/d/c");
      rename("/tmp/d/c", "/tmp/a/b/c");
    }
  struct timespec begin, now;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  snprintf(path, sizeof path, "../../../../../..%s", arguments[0]);
  do {
    if (chdir("/tmp/a/b/c") == 0) show(path);
    const int directory = open("/tmp/a/b/c", O_PATH | O_DIRECTORY);
    const int file = openat(directory, path, O_RDONLY);
    if (file >= 0) tried("raced-out", 0);
    close(file), close(directory);
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 <
           number(arguments, 1, 300));
  kill(mover, SIGKILL);
  return 0;
}

// Opens files by handle and not by name: every inode number of the root's file system.
static int handles(char** arguments) {
  (void)arguments;
  struct {
    struct file_handle handle;
    unsigned char bytes[MAX_HANDLE_SZ];
  } file = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
  int mount_id = 0;
  tried("name-to-handle", name_to_handle_at(AT_FDCWD, "/hostile", &file.handle, &mount_id, 0));
  const int root = open("/", O_RDONLY);
  for (unsigned inode = 1; inode < 100; ++inode) {
    file.handle.handle_bytes = 8, file.handle.handle_type = 1;
    memcpy(file.handle.f_handle, &inode, sizeof inode);
    memset(file.handle.f_handle + 4, 0, 4);
    if (open_by_handle_at(root, &file.handle, O_RDONLY) >= 0) tried("open-by-handle", 0);
  }
  tried("open-by-handle", open_by_handle_at(root, &file.handle, O_RDONLY));
  return 0;
}

static void change(const char* directory, int depth) {
  DIR* entries = opendir(directory);
  char path[2048];
  snprintf(path, sizeof path, "%s/made-by-hostile", directory);
  if (open(path, O_CREAT | O_WRONLY, 0644) >= 0 || mkdir(path, 0755) == 0 ||
      mkfifo(path, 0644) == 0 || symlink("/", path) == 0 || link("/hostile", path) == 0)
    dprintf(1, "made %s\n", path);
  if (open(directory, O_TMPFILE | O_RDWR, 0600) >= 0) dprintf(1, "tmpfile %s\n", directory);
  for (const struct dirent* entry; entries && (entry = readdir(entries));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    snprintf(path, sizeof path, "%s/%s", strcmp(directory, "/") ? directory : "", entry->d_name);
    if (!strncmp(path, "/proc", 5) || !strncmp(path, "/tmp", 4) || !strncmp(path, "/workspace", 10))
      continue;
    const int file = open(path, O_RDWR | O_NONBLOCK);
    if (file >= 0 && entry->d_type == DT_REG) {
      dprintf(1, "opened %s\n", path);
      if (write(file, "overwritten", 11) < 0) errno = 0;
      mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, file, 0);
    }
    close(file);
    truncate(path, 1);
    chmod(path, 06777);
    chown(path, getuid(), getgid());
    utimensat(AT_FDCWD, path, NULL, 0);
    setxattr(path, "user.hostile", "x", 1, 0);
    if (depth > 0 && entry->d_type == DT_DIR) change(path, depth - 1);
    rename(path, "/tmp/stolen");
    unlink(path);
    rmdir(path);
  }
  if (entries) closedir(entries);
}
// Changes everything that can be reached. The test compares.
static int change_everything(char** arguments) {
  (void)arguments;
  change("/", 4);
  return 0;
}

// Writes to a pipe or socket of the host that a read-only bind shows.
static int speak(char** arguments) {
  for (; *arguments; ++arguments) {
    const int file = open(*arguments, O_WRONLY | O_NONBLOCK);
    if (file >= 0 && write(file, "spoken", 6) == 6) tried("written", 0);
  }
  return 0;
}

const struct act_group paths_group = {"paths", (const struct act[]){{"look", look},
                                                                    {"read", read_host},
                                                                    {"race", race},
                                                                    {"handles", handles},
                                                                    {"change", change_everything},
                                                                    {"speak", speak},
                                                                    {0}}};
