// The program that the tests of the sandbox run inside. It does one thing and prints the result. It
// is static, so it runs in an otherwise empty root file system.
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe_snapshot.h"

static char block[4096];

static long amount(char** argv, int index) {
  return argv[index] ? strtol(argv[index], NULL, 10) : 0;
}

static void say(const char* what, long result) {
  printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
}

static _Noreturn void spin(void) {
  for (volatile unsigned long i = 0;; ++i) {
  }
}

// Touches `megabytes` of fresh memory, one after the other.
static int touch(long megabytes) {
  for (long i = 0; i < megabytes; ++i) {
    char* piece = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) return 3;
    memset(piece, 1, 1 << 20);
  }
  return 0;
}

// Allocates memory, then waits for its end.
static int allocate(long megabytes) {
  const int failed = touch(megabytes);
  if (!failed) pause();
  return failed;
}

static void warned(int number) {
  (void)number;
  static const char text[] = "warned\n";
  if (write(1, text, sizeof text - 1) > 0) _exit(9);
}

// Computes until SIGXCPU warns that its CPU time is used up. Then it reports that and ends.
static _Noreturn void spin_until_warned(void) {
  signal(SIGXCPU, warned);
  spin();
}

// Children that the kernel reaps, each computing for some milliseconds.
static _Noreturn void spin_unwaited(void) {
  signal(SIGCHLD, SIG_IGN);
  for (;;)
    if (fork() == 0) {
      struct timespec now;
      do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
      while (now.tv_nsec < 30 * 1000 * 1000);
      _exit(0);
    } else {
      wait(NULL);  // until all are gone, which ECHILD shows
    }
}

// Makes calls that the profile refuses by default.
static int call_refused(long count) {
  for (long i = 0; i < count; ++i) syscall(SYS_ptrace, 0, 0, 0, 0);
  syscall(SYS_swapon, 0, 0);
  return errno == EPERM ? 0 : 1;
}

// Makes as many processes as possible, then waits.
static int breed_and_wait(void) {
  for (pid_t pid; (pid = fork()) >= 0;)
    if (pid == 0) break;
  pause();
  return 0;
}

static int say_twice(long milliseconds) {
  const struct timespec pause_between = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  puts("once");
  nanosleep(&pause_between, NULL);
  puts("twice");
  return 0;
}

// Opens as many descriptors as possible, without memory behind them. The last one has a high
// number. Four of them are epoll instances that watch nothing.
static int hold_files(long milliseconds) {
  for (int i = 0; i < 4; ++i)
    if (epoll_create1(0) < 0) return 2;
  const int last = dup2(0, (int)sysconf(_SC_OPEN_MAX) - 1);
  while (open("/dev/null", O_RDONLY) >= 0) {
  }
  const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return last >= 0 ? nanosleep(&time, NULL) : 1;
}

static int nap(long times) {
  const struct timespec moment = {0, 1000};
  for (long i = 0; i < times; ++i) nanosleep(&moment, NULL);
  return 0;
}

static int fill(const char* path) {
  static char piece[1 << 16];
  int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  while (write(fd, piece, sizeof piece) > 0) {
  }
  pause();
  return 0;
}

static int write_file(const char* path, long megabytes) {
  static char piece[1 << 20];
  int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (fd < 0) return 4;
  for (long i = 0; i < megabytes; ++i)
    if (write(fd, piece, sizeof piece) != sizeof piece) {
      printf("%s\n", strerrorname_np(errno));
      return 5;
    }
  return 0;
}

static int flood(int fd, long bytes) {
  char piece[4096];
  memset(piece, 'x', sizeof piece);
  while (bytes > 0) {
    const long now = bytes < (long)sizeof piece ? bytes : (long)sizeof piece;
    const ssize_t count = write(fd, piece, (size_t)now);
    if (count < 0) return 6;
    bytes -= count;
  }
  return 0;
}

// Tries the first steps of every known escape.
static void try_to_get_out(void) {
  say("unshare-user", unshare(CLONE_NEWUSER));
  say("unshare-mount", unshare(CLONE_NEWNS));
  say("clone-user", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  say("clone3", syscall(SYS_clone3, NULL, 0));
  say("mount", mount("none", "/tmp", "tmpfs", 0, ""));
  say("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  say("chroot", chroot("/tmp"));
  say("ptrace", syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, 1, 0, 0));
  say("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
  say("bpf", syscall(SYS_bpf, 0, NULL, 0));
  say("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
  say("userfaultfd", syscall(SYS_userfaultfd, 0));
  say("perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
  say("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
  say("packet", socket(AF_PACKET, SOCK_RAW, 0));
  say("alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
  say("prlimit-init", syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, NULL));
  // A number that no kernel has: libraries need ENOSYS to fall back.
  say("future", syscall(900));
  int fd = open("/proc/1/environ", O_RDONLY);
  say("init-environ", fd);
  fd = open("/proc/1/exe", O_RDONLY);
  say("init-exe", fd);
  say("device", mknod("/tmp/device", S_IFBLK | 0600, 0x801));
}

// Prints the identity and the resources of the process.
static void status(void) {
  struct utsname name;
  char line[256], cwd[256];
  uname(&name);
  printf("uid %d gid %d host %s cwd %s\n", getuid(), getgid(), name.nodename,
         getcwd(cwd, sizeof cwd));
  FILE* file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, "Cap", 3) || !strncmp(line, "NoNew", 5) || !strncmp(line, "Seccomp:", 8))
      fputs(line, stdout);
  if (file) fclose(file);
  DIR* fds = opendir("/proc/self/fd");
  printf("fds");
  for (struct dirent* entry; fds && (entry = readdir(fds));)
    if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(fds)) printf(" %s", entry->d_name);
  DIR* processes = opendir("/proc");
  printf("\nproc");
  for (struct dirent* entry; processes && (entry = readdir(processes));)
    if (entry->d_name[0] != '.') printf(" %s", entry->d_name);
  printf("\n");
}

// Forks until fork fails, and keeps all children. Prints the highest number at one time.
static int breed(void) {
  int count = 0;
  for (; count < 10000; ++count) {
    const pid_t pid = fork();
    if (pid < 0) break;
    if (pid == 0) {
      pause();
      _exit(0);
    }
  }
  printf("%d %s\n", count, strerrorname_np(errno));
  return 0;
}

// Leaves behind a process in its own session that ignores all signals and holds stdout.
static int leave_behind(void) {
  if (fork() == 0) {
    if (fork() == 0) {
      setsid();
      for (int number = 1; number < 64; ++number) signal(number, SIG_IGN);
      spin();
    }
    _exit(0);
  }
  wait(NULL);
  return 0;
}

// Connects to its own listener on loopback.
static int talk_to_self(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  bind(listener, (struct sockaddr*)&address, sizeof address);
  listen(listener, 1);
  getsockname(listener, (struct sockaddr*)&address, &length);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  say("connect", connect(client, (struct sockaddr*)&address, sizeof address));
  return 0;
}

// Empty files, then waits.
static int make_files(const char* directory, long count) {
  char path[256];
  for (long i = 0; i < count; ++i) {
    snprintf(path, sizeof path, "%s/%ld", directory, i);
    const int file = open(path, O_CREAT | O_WRONLY, 0600);
    if (file < 0) return 6;
    close(file);
  }
  for (;;) pause();
}

// Talks on a channel: writes text to stdout and a message to the channel, waits for the answer, and
// repeats.
static int converse(int fd, long rounds) {
  char byte, greeting[64];
  size_t length = 0;
  while (length < sizeof greeting - 1 && read(fd, &byte, 1) == 1 && byte != '\n')
    greeting[length++] = byte;
  greeting[length] = 0;
  for (long i = 0; i < rounds; ++i) {
    dprintf(1, "before %ld\n", i);
    dprintf(fd + 1, "%s %ld\n", greeting, i);
    if (read(fd, &byte, 1) != 1) return 7;
  }
  dprintf(1, "after\n");
  return 0;
}

// Writes blocks of 1000 bytes to a descriptor and reads nothing.
static int babble(int fd, long blocks) {
  static char piece[1000];
  memset(piece, 'b', sizeof piece);
  for (long i = 0; i < blocks; ++i)
    if (write(fd, piece, sizeof piece) != sizeof piece) return 7;
  return 0;
}

// Prints the types of the descriptors from `first` to `last`.
static int kinds(int first, int last) {
  for (int fd = first; fd <= last; ++fd) {
    struct stat status;
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &status) != 0)
      printf("%d %s\n", fd, errno == EBADF ? "EBADF" : "?");
    else
      printf("%d %s, to %s\n", fd, S_ISFIFO(status.st_mode) ? "pipe" : "other",
             (flags & O_ACCMODE) == O_RDONLY ? "read" : "write");
  }
  return 0;
}

static pid_t other = 0;

// Written in one call, because the listener may answer each write.
static void tell(const char* before, int number) {
  char line[32];
  const int length = snprintf(line, sizeof line, "%scaught %d\n", before, number);
  if (write(1, line, (size_t)length) < 0) _exit(8);
}

static void tell_caught(int number) {
  tell("", number);
}

static void tell_child_caught(int number) {
  _exit(number);
}

// If the child was sent the signal, too, it exits by itself: that signal comes before SIGTERM.
static void tell_of_child(int number) {
  int status = 0;
  kill(other, SIGTERM);
  waitpid(other, &status, 0);
  tell(WIFSIGNALED(status) ? "alone\n" : "both!\n", number);
}

static void await_signals(int with_child) {
  struct sigaction action = {.sa_handler = with_child ? tell_child_caught : tell_caught};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(64, &action, NULL);
  if (with_child && (other = fork()) == 0)
    for (;;) pause();
  action.sa_handler = tell_of_child;
  if (with_child) sigaction(SIGUSR1, &action, NULL);
  if (write(1, "ready\n", 6) < 0) _exit(8);
  for (;;) pause();
}

// Waits for a file, then says how many bytes it had when it appeared.
static int await_file(const char* path) {
  const struct timespec moment = {0, 1000 * 1000};
  puts("ready");
  int file;
  while ((file = open(path, O_RDONLY)) < 0) nanosleep(&moment, NULL);
  long bytes = 0;
  for (ssize_t count; (count = read(file, block, sizeof block)) > 0;) bytes += count;
  printf("%ld bytes\n", bytes);
  return 0;
}

// Ignores every signal that can be ignored, then says so and waits.
static _Noreturn void be_deaf(void) {
  for (int number = 1; number <= 64; ++number) signal(number, SIG_IGN);
  puts("deaf");
  for (;;) pause();
}

// Makes a path a directory and a link to `target`, in turn and without end.
static _Noreturn void juggle(const char* path, const char* target) {
  mkdir(path, 0755);
  puts("ready");
  for (;;) {
    rename(path, "aside");
    if (symlink(target, path) == 0) unlink(path);
    rename("aside", path);
  }
}

static void alternate(long count) {
  for (long i = 0; i < count; ++i) {
    dprintf(1, "out %ld\n", i);
    dprintf(2, "err %ld\n", i);
  }
}

int main(int argc, char** argv) {
  const char* act = argc > 1 ? argv[1] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!strcmp(act, "exit")) return (int)amount(argv, 2);
  if (!strcmp(act, "kill-self")) return kill(getpid(), (int)amount(argv, 2));
  if (!strcmp(act, "sleep")) return (int)sleep((unsigned)amount(argv, 2));
  if (!strcmp(act, "spin")) spin();
  if (!strcmp(act, "spin-in-children")) {
    for (long i = 0; i < amount(argv, 2); ++i)
      if (fork() == 0) spin();
    pause();
  }
  if (!strcmp(act, "ignore-and-spin")) {
    for (int number = 1; number < 64; ++number) signal(number, SIG_IGN);
    close(0), close(1), close(2);
    spin();
  }
  if (!strcmp(act, "spin-until-warned")) spin_until_warned();
  if (!strcmp(act, "spin-unwaited")) spin_unwaited();
  if (!strcmp(act, "call-refused")) return call_refused(amount(argv, 2));
  if (!strcmp(act, "fill-and-wait")) return fill(argv[2]);
  if (!strcmp(act, "breed-and-wait")) return breed_and_wait();
  if (!strcmp(act, "say-twice")) return say_twice(amount(argv, 2));
  if (!strcmp(act, "nap")) return nap(amount(argv, 2));
  if (!strcmp(act, "hold-files")) return hold_files(amount(argv, 2));
  if (!strcmp(act, "cpus")) {
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    printf("%d\n", CPU_COUNT(&allowed));
  }
  if (!strcmp(act, "memory-file")) {
    const int file = memfd_create("", 0);
    for (long i = 0; i < amount(argv, 2) << 8; ++i)
      if (write(file, block, sizeof block) < 0) return 5;
  }
  if (!strcmp(act, "read")) {
    const int file = open(argv[2], O_RDONLY);
    const ssize_t count = read(file, block, sizeof block);
    if (count > 0) return write(1, block, (size_t)count) != count;
  }
  if (!strcmp(act, "execute-by-descriptor")) {
    char* const again[] = {argv[2], "exit", "5", NULL};
    char* const none[] = {NULL};
    say(argv[2], syscall(SYS_execveat, 1000, argv[2], again, none, AT_EMPTY_PATH));
  }
  if (!strcmp(act, "uptime")) {
    struct timespec boot;
    clock_gettime(CLOCK_BOOTTIME, &boot);
    printf("%ld\n", (long)boot.tv_sec);
  }
  if (!strcmp(act, "allocate")) return allocate(amount(argv, 2));
  if (!strcmp(act, "allocate-and-exit")) return touch(amount(argv, 2));
  if (!strcmp(act, "allocate-in-children")) {
    for (long i = 0; i < amount(argv, 3); ++i)
      if (fork() == 0) return allocate(amount(argv, 2));
    pause();
  }
  if (!strcmp(act, "write-file")) return write_file(argv[2], amount(argv, 3));
  if (!strcmp(act, "make-files")) return make_files(argv[2], amount(argv, 3));
  if (!strcmp(act, "flood")) return flood((int)amount(argv, 2), amount(argv, 3));
  if (!strcmp(act, "get-out")) try_to_get_out();
  if (!strcmp(act, "status")) status();
  if (!strcmp(act, "breed")) return breed();
  if (!strcmp(act, "leave-behind")) return leave_behind();
  if (!strcmp(act, "talk-to-self")) return talk_to_self();
  if (!strcmp(act, "converse")) return converse((int)amount(argv, 2), amount(argv, 3));
  if (!strcmp(act, "babble")) return babble((int)amount(argv, 2), amount(argv, 3));
  if (!strcmp(act, "kinds")) return kinds((int)amount(argv, 2), (int)amount(argv, 3));
  if (!strcmp(act, "environment"))
    for (char** entry = environ; *entry; ++entry) puts(*entry);
  if (!strcmp(act, "arguments"))
    for (int i = 2; i < argc; ++i) puts(argv[i]);
  if (!strcmp(act, "cat"))
    for (char piece[4096];;) {
      const ssize_t count = read(0, piece, sizeof piece);
      if (count <= 0) break;
      if (write(1, piece, (size_t)count) != count) return 8;
    }
  if (!strcmp(act, "await-signals")) await_signals(argc > 2);
  if (!strcmp(act, "await-file")) return await_file(argv[2]);
  if (!strcmp(act, "deaf")) be_deaf();
  if (!strcmp(act, "juggle")) juggle(argv[2], argv[3]);
  if (!strcmp(act, "alternate")) alternate(amount(argv, 2));
  if (!strcmp(act, "keep")) return keep_files();
  if (!strcmp(act, "kept")) return show_files();
  if (!strcmp(act, "symlink")) return symlink(argv[2], argv[3]);
  if (!strcmp(act, "mkfifo")) return mkfifo(argv[2], 0644);
  if (!strcmp(act, "replace-directory")) {
    char file[256];
    snprintf(file, sizeof file, "%s/file", argv[2]);
    say("remove its file", unlink(file));
    say("remove it", rmdir(argv[2]));
    say("make it", mkdir(argv[2], 0755));
    say("its file", access(file, F_OK));
  }
  if (!strcmp(act, "rename")) say(argv[2], rename(argv[2], argv[3]));
  if (!strcmp(act, "owner")) {
    struct stat owned;
    if (stat(argv[2], &owned) == 0) printf("%u:%u\n", owned.st_uid, owned.st_gid);
  }
  if (!strcmp(act, "stat")) {
    struct stat status_of;
    say(argv[2], stat(argv[2], &status_of));
  }
  if (!strcmp(act, "write")) {
    const int fd = open(argv[2], O_CREAT | O_WRONLY, 0644);
    say(argv[2], fd);
  }
  return 0;
}
