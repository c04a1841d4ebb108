// Leaves files in the places where the host looks for results.
#include <sys/socket.h>
#include <sys/un.h>

#include "hostile.h"

// ARGUMENT: a path of the host.
static int leave_traps(char** arguments) {
  if (chdir("/workspace") != 0) return 1;
  const int plain = open("plain", O_CREAT | O_WRONLY, 0644);
  if (write(plain, "plain", 5) != 5) return 1;
  symlink(arguments[0], "link");
  symlink("/proc/self/environ", "link-to-proc");
  symlink("/", "root");
  symlink("root", "root-again");
  symlink("loop-2", "loop-1"), symlink("loop-1", "loop-2");
  link("plain", "hardlink");
  link("/hostile", "hardlink-to-image");
  mkfifo("pipe", 0666);
  mknod("whiteout", S_IFCHR | 0666, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(listener, (const struct sockaddr*)&address, sizeof address);
  const int sparse = open("sparse", O_CREAT | O_WRONLY, 0644);
  tried("sparse", ftruncate(sparse, 1l << 50));
  mkdir("directory", 0755);
  mkdir("closed", 0755);
  const int inside = open("closed/file", O_CREAT | O_WRONLY, 0644);
  if (write(inside, "inside", 6) != 6) return 1;
  chmod("closed/file", 0), chmod("closed", 0);
  const int unreadable = open("unreadable", O_CREAT | O_WRONLY, 0);
  if (write(unreadable, "unreadable", 10) != 10) return 1;
  const int set_id = open("set-id", O_CREAT | O_WRONLY, 0755);
  if (write(set_id, "set-id", 6) != 6) return 1;
  fchmod(set_id, 06755);
  // The directory of the next file is a link, or its name is taken.
  symlink("/etc", "out-link");
  symlink(arguments[0], "out-file");
  mkfifo("out-pipe", 0666);
  mkdir("out-directory", 0755);
  mkdir("out-directory/full", 0755);
  return 0;
}

// Makes directories as deep as possible, each of them closed.
static int dig(char** arguments) {
  if (chdir("/workspace") != 0) return 1;
  long depth = 0;
  for (; depth < number(arguments, 0, 5000); ++depth)
    if (mkdir("a", 0700) != 0 || chdir("a") != 0) break;
  for (long i = 0; i < depth; ++i) {
    chmod(".", 0);
    if (chdir("..") != 0) break;
  }
  dprintf(1, "deep %ld\n", depth);
  return 0;
}

// Fills /workspace until nothing more can be made there.
static int fill(char** arguments) {
  (void)arguments;
  static char piece[1 << 16];
  const int fd = open("/workspace/full", O_CREAT | O_WRONLY, 0644);
  while (write(fd, piece, sizeof piece) > 0) {
  }
  for (int i = 0; i < 100000; ++i) {
    char path[64];
    snprintf(path, sizeof path, "/workspace/f%d", i);
    if (mknod(path, S_IFREG | 0600, 0) != 0) break;
  }
  return 0;
}

// Replaces a directory by a link, over and over, in a process that tries to outlive the run.
static int swap(char** arguments) {
  if (chdir("/workspace") != 0) return 1;
  mkdir("swapped", 0755);
  symlink(arguments[0], "other");
  if (fork() == 0) {
    ignore_all_signals();
    setsid();
    for (;;) syscall(SYS_renameat2, AT_FDCWD, "swapped", AT_FDCWD, "other", 2 /* EXCHANGE */);
  }
  return 0;
}

const struct act_group files_group = {
    "files", (const struct act[]){
                 {"leave-traps", leave_traps}, {"dig", dig}, {"fill", fill}, {"swap", swap}, {0}}};
