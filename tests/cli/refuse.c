// refuse CALL ERRNO PROGRAM ARGUMENT...: executes a program under a filter that refuses one system
// call, as the seccomp profiles of containers do.
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 4) return 64;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  const int number = seccomp_syscall_resolve_name(argv[1]);
  if (filter == NULL || number == __NR_SCMP_ERROR ||
      seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)atoi(argv[2])), number, 0) != 0 ||
      seccomp_load(filter) != 0) {
    fprintf(stderr, "refuse: no filter for %s\n", argv[1]);
    return 70;
  }
  execvp(argv[3], argv + 3);
  perror(argv[3]);
  return 127;
}
