// The common part of the hostile programs. Each file of this directory is a group of acts of one
// kind. They are linked into one static program, whose arguments select an act:
//
//   hostile GROUP ACT [ARGUMENT...]
//
// An act prints one line for each attempt: its name, then "ok" if it worked, or how it was refused.
// The tests judge the effects from outside.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct act {
  const char* name;
  // Everything after the act's name, null-terminated.
  int (*run)(char** arguments);
};

struct act_group {
  const char* name;
  const struct act* acts;  // ended by one without a name
};

extern const struct act_group cpu_group, descriptors_group, devices_group, disk_group, files_group,
    identity_group, ipc_group, kernel_memory_group, memory_group, mounts_group, namespaces_group,
    neighbours_group, network_group, output_group, paths_group, processes_group, proc_group,
    supervisor_group, syscalls_group, syscalls32_group, terminal_group, verdict_group;

// Prints the result of the attempt `what`: "ok" unless `result` is -1, else the name of errno.
// Returns `result`.
long tried(const char* what, long result);

// The same in a child, for attempts that may end the process. Prints the child's result, or the
// signal's name.
void tried_in_child(const char* what, long (*try)(void));

// A number among the arguments, or `otherwise` if there are fewer.
long number(char** arguments, int index, long otherwise);

// Prints the file's first bytes if it can be read.
void show(const char* path);

_Noreturn void spin(void);
// Does nothing until it is killed.
_Noreturn void keep(void);
void ignore_all_signals(void);
void sleep_ms(long milliseconds);
// Prints "ready", then waits for the end of standard input.
void hold(void);
