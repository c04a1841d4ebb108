// Types into the terminal of the launcher.
#include <sys/ioctl.h>
#include <termios.h>

#include "hostile.h"

static int inject(char** arguments) {
  (void)arguments;
  char what[64];
  const char* const names[] = {"/dev/tty",  "/dev/console",  "/dev/pts/0", "/dev/pts/1",
                               "/dev/ptmx", "/dev/pts/ptmx", "/dev/tty0"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    snprintf(what, sizeof what, "open:%s", names[i]);
    tried(what, open(names[i], O_RDWR | O_NONBLOCK));
  }
  for (int fd = 0; fd < 10; ++fd) {
    for (const char* typed = "echo injected\n"; *typed; ++typed) {
      ioctl(fd, TIOCSTI, typed);
      syscall(SYS_ioctl, fd, TIOCSTI | 0x100000000, typed);
      syscall(SYS_ioctl, fd, TIOCSTI | 0xffffffff00000000, typed);
    }
    char paste[16] = {3 /* TIOCL_PASTESEL */};
    snprintf(what, sizeof what, "sti:%d", fd);
    tried(what, ioctl(fd, TIOCSTI, "x"));
    snprintf(what, sizeof what, "linux:%d", fd);
    tried(what, ioctl(fd, TIOCLINUX, paste));
    tried(what, syscall(SYS_ioctl, fd, TIOCLINUX | 0x100000000, paste));
    snprintf(what, sizeof what, "control:%d", fd);
    tried(what, ioctl(fd, TIOCSCTTY, 1));
    snprintf(what, sizeof what, "console:%d", fd);
    tried(what, ioctl(fd, TIOCCONS));
    snprintf(what, sizeof what, "foreground:%d", fd);
    tried(what, tcsetpgrp(fd, getpgrp()));
    snprintf(what, sizeof what, "discipline:%d", fd);
    tried(what, ioctl(fd, TIOCSETD, &(int){0}));
    struct termios raw = {0};
    snprintf(what, sizeof what, "attributes:%d", fd);
    tried(what, tcsetattr(fd, TCSANOW, &raw));
  }
  dprintf(1, "session %s\n", getsid(0) == getpid() ? "own" : "other");
  return 0;
}

const struct act_group terminal_group = {"terminal", (const struct act[]){{"inject", inject}, {0}}};
