// Uses descriptors that the launcher had open and should not have passed on.
#include <dirent.h>

#include "hostile.h"

static int list(char** arguments) {
  (void)arguments;
  for (int fd = 0; fd < 70000; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) dprintf(1, "fd %d\n", fd);
  return 0;
}

// Tries everything that a descriptor leading to the host allows: to go through it, to read it and,
// with a second argument, to write.
static int through(char** arguments) {
  char path[64], target[512];
  for (int fd = 0; fd < 1100; ++fd) {
    const int file = openat(fd, arguments[0], O_RDONLY);
    if (file >= 0) {
      snprintf(path, sizeof path, "/proc/self/fd/%d", file);
      show(path);
      close(file);
    }
    if (fchdir(fd) == 0) show(arguments[0]);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) {
      target[length] = '\0';
      dprintf(1, "link %d %s\n", fd, target);
    }
    if (fd > 2) {
      show(path);
      if (arguments[1]) write(fd, "overwritten", 11);
      snprintf(path, sizeof path, "/proc/self/fd/%d/%s", fd, arguments[0]);
      show(path);
    }
  }
  return 0;
}

// Tries the program's first directory, and all directories above it.
static int above(char** arguments) {
  char here[4096];
  dprintf(1, "cwd %s\n", getcwd(here, sizeof here) ? here : "nowhere");
  snprintf(here, sizeof here, "%s", arguments[0]);
  for (int i = 0; i < 40; ++i) {
    show(here);
    if (chdir("..") != 0) break;
  }
  for (const struct dirent* entry = NULL;;) {
    DIR* root = opendir(".");
    while (root && (entry = readdir(root))) dprintf(1, "above %s\n", entry->d_name);
    if (root) closedir(root);
    break;
  }
  return 0;
}

// Flags of an open file description affect all processes that share it.
static int set_flags(char** arguments) {
  (void)arguments;
  for (int fd = 0; fd < 3; ++fd) {
    fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND | O_ASYNC);
    fcntl(fd, F_SETOWN, getpid());
    lseek(fd, 1000, SEEK_SET);
    if (ftruncate(fd, 0) != 0) errno = 0;
  }
  return 0;
}

const struct act_group descriptors_group = {
    "descriptors",
    (const struct act[]){
        {"list", list}, {"through", through}, {"above", above}, {"set-flags", set_flags}, {0}}};
