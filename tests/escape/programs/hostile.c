#include "hostile.h"

static const struct act_group* const groups[] = {
    &cpu_group,        &descriptors_group, &devices_group,       &disk_group,     &files_group,
    &identity_group,   &ipc_group,         &kernel_memory_group, &memory_group,   &mounts_group,
    &namespaces_group, &neighbours_group,  &network_group,       &output_group,   &paths_group,
    &processes_group,  &proc_group,        &supervisor_group,    &syscalls_group, &syscalls32_group,
    &terminal_group,   &verdict_group,
};

static const char* errno_name(void) {
  const char* name = strerrorname_np(errno);
  return name ? name : "unknown";
}

long tried(const char* what, long result) {
  dprintf(1, "%s %s\n", what, result == -1 ? errno_name() : "ok");
  return result;
}

void tried_in_child(const char* what, long (*try)(void)) {
  const pid_t child = fork();
  if (child == 0) _exit(try() == -1 ? (errno ? errno : 255) : 0);
  if (child < 0) {
    tried(what, -1);
    return;
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    dprintf(1, "%s SIG%s\n", what, sigabbrev_np(WTERMSIG(status)));
    return;
  }
  errno = WEXITSTATUS(status);
  tried(what, errno == 0 ? 0 : -1);
}

long number(char** arguments, int index, long otherwise) {
  for (int i = 0; i <= index; ++i)
    if (!arguments[i]) return otherwise;
  return strtol(arguments[index], NULL, 10);
}

void show(const char* path) {
  char bytes[4096];
  const int fd = open(path, O_RDONLY | O_NONBLOCK);
  if (fd < 0) return;
  const ssize_t count = read(fd, bytes, sizeof bytes);
  if (count > 0 && write(1, bytes, (size_t)count) < 0) _exit(9);
  close(fd);
}

void spin(void) {
  for (volatile unsigned long i = 0;; ++i) {
  }
}

void keep(void) {
  for (;;) pause();
}

void ignore_all_signals(void) {
  for (int each = 1; each <= SIGRTMAX; ++each) signal(each, SIG_IGN);
}

void sleep_ms(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&time, &time) < 0 && errno == EINTR) {
  }
}

void hold(void) {
  char byte;
  dprintf(1, "ready\n");
  while (read(0, &byte, 1) == 1) {
  }
}

int main(int count, char** arguments) {
  if (count < 3) return 64;
  for (size_t i = 0; i < sizeof groups / sizeof *groups; ++i) {
    if (strcmp(groups[i]->name, arguments[1]) != 0) continue;
    for (const struct act* act = groups[i]->acts; act->name; ++act)
      if (strcmp(act->name, arguments[2]) == 0) return act->run(arguments + 3);
  }
  return 64;
}
