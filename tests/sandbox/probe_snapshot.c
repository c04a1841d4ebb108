// The probe's part in the tests of snapshots.
#include "probe_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// One of everything that a snapshot saves, and some things that it does not.
int keep_files(void) {
  mkdir("tree", 0750);
  mkdir("tree/closed", 0700);
  int fd = open("tree/closed/file", O_CREAT | O_WRONLY, 0640);
  if (fd < 0 || write(fd, "content\n", 8) != 8) return 1;
  const struct timespec times[2] = {{1000, 0}, {1234567, 89}};
  futimens(fd, times);
  close(fd);
  chmod("tree/closed/file", 0);
  chmod("tree/closed", 0);
  fd = open("sparse", O_CREAT | O_WRONLY, 0600);
  if (pwrite(fd, "x", 1, 40 << 20) != 1) return 2;
  close(fd);
  if (symlink("/etc/passwd", "link") != 0 || mkfifo("pipe", 0604) != 0) return 3;
  if (link("sparse", "hard") != 0) return 4;
  fd = open("/tmp/other", O_CREAT | O_WRONLY, 0600);
  close(fd);
  fd = open("/dev/shm/shared", O_CREAT | O_WRONLY, 0600);
  close(fd);
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  return bind(listener, (struct sockaddr*)&address, sizeof address);
}

static void show_file(const char* path) {
  struct stat file;
  if (lstat(path, &file) != 0) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  printf("%s %o %lld %d\n", path, file.st_mode,
         S_ISDIR(file.st_mode) ? 0ll : (long long)file.st_size,
         file.st_uid == getuid() && file.st_gid == getgid());
}

int show_files(void) {
  const char* const paths[] = {"tree", "tree/closed", "sparse",          "hard",  "link",
                               "pipe", "/tmp/other",  "/dev/shm/shared", "socket"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) show_file(paths[i]);
  if (chmod("tree/closed", 0700) != 0) return 1;
  show_file("tree/closed/file");
  if (chmod("tree/closed/file", 0600) != 0) return 2;
  struct stat file;
  stat("tree/closed/file", &file);
  printf("changed at %lld.%ld\n", (long long)file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
  char text[64] = "";
  const int fd = open("tree/closed/file", O_RDONLY);
  if (read(fd, text, sizeof text - 1) < 0) return 3;
  printf("%s", text);
  stat("sparse", &file);
  printf("blocks %d\n", file.st_blocks < 100);
  return 0;
}
