// Makes the kernel use memory on a program's behalf. Each act tries to use about ARGUMENT mebibytes
// and holds them.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>

#include "hostile.h"

// Runs `fill_one` in as many processes as needed, each until its descriptors are used up.
static int in_processes(char** arguments, long mebibytes_each, void (*fill_one)(void)) {
  for (long i = 0; i < number(arguments, 0, 1024) / mebibytes_each; ++i)
    if (fork() == 0) {
      fill_one();
      keep();
    }
  keep();
}

static char piece[1 << 20];

static void fill_pipes(int size) {
  int ends[2];
  while (pipe2(ends, O_NONBLOCK) == 0) {
    if (size > 0) fcntl(ends[1], F_SETPIPE_SZ, size);
    while (write(ends[1], piece, 4096) > 0) {
    }
  }
}
static void small_pipes(void) {
  fill_pipes(0);
}
static void large_pipes(void) {
  fill_pipes(1 << 20);
}
static int pipes(char** arguments) {
  return in_processes(arguments, 8, small_pipes);
}
static int resized_pipes(char** arguments) {
  return in_processes(arguments, 8, large_pipes);
}

static void fill_sockets(void) {
  int ends[2];
  while (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0)
    for (int side = 0; side < 2; ++side)
      while (write(ends[side], piece, sizeof piece) > 0) {
      }
}
static int sockets(char** arguments) {
  return in_processes(arguments, 128, fill_sockets);
}

// Datagrams of one byte each take far more of the kernel's memory than they carry.
static void fill_with_datagrams(void) {
  int ends[2];
  while (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0)
    for (int side = 0; side < 2; ++side)
      while (send(ends[side], piece, 1, MSG_DONTWAIT) > 0) {
      }
}
static int datagrams(char** arguments) {
  return in_processes(arguments, 200, fill_with_datagrams);
}

// One page table for each 2 MiB that is read. Only the zero page is ever resident.
static void touch_tables(void) {
  const size_t size = 64ull << 30;
  volatile char* area =
      mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (area == MAP_FAILED) return;
  madvise((void*)area, size, MADV_NOHUGEPAGE);
  for (size_t at = 0; at < size; at += 2 << 20) (void)area[at];
}
static int page_tables(char** arguments) {
  return in_processes(arguments, 128, touch_tables);
}

// Makes as many mappings as a process may have. Children inherit all of them.
static int mappings(char** arguments) {
  for (int i = 0; i < 65000; ++i)
    if (mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
        MAP_FAILED)
      break;
  return in_processes(arguments, 12, keep);
}

static void watch_events(void) {
  int events[500];
  int count = 0;
  while (count < 500 && (events[count] = eventfd(0, 0)) >= 0) ++count;
  struct epoll_event event = {.events = EPOLLIN};
  for (int poll; (poll = epoll_create1(0)) >= 0;)
    for (int i = 0; i < count; ++i) epoll_ctl(poll, EPOLL_CTL_ADD, events[i], &event);
}
static int event_polls(char** arguments) {
  return in_processes(arguments, 50, watch_events);
}

static void lock_ranges(void) {
  char path[64];
  for (int file = 0;; ++file) {
    snprintf(path, sizeof path, "/tmp/%d-%d", getpid(), file);
    const int fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0) return;
    for (int i = 0; i < 1000; ++i) {
      struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * i, .l_len = 1};
      if (fcntl(fd, F_SETLK, &range) != 0) return;
    }
  }
}
static int locks(char** arguments) {
  return in_processes(arguments, 200, lock_ranges);
}

static int message_queues(char** arguments) {
  struct {
    long type;
    char text[8192];
  } message = {.type = 1};
  for (long left = number(arguments, 0, 1024) * 128; left > 0;) {
    const int queue = msgget(IPC_PRIVATE, 0600);
    if (queue < 0) break;
    while (left > 0 && msgsnd(queue, &message, sizeof message.text, IPC_NOWAIT) == 0) --left;
  }
  keep();
}

static int semaphores(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 1024) / 2; ++i)
    if (semget(IPC_PRIVATE, 32000, 0600) < 0) break;
  keep();
}

const struct act_group kernel_memory_group = {
    "kernel-memory", (const struct act[]){{"pipes", pipes},
                                          {"resized-pipes", resized_pipes},
                                          {"sockets", sockets},
                                          {"datagrams", datagrams},
                                          {"page-tables", page_tables},
                                          {"mappings", mappings},
                                          {"event-polls", event_polls},
                                          {"locks", locks},
                                          {"message-queues", message_queues},
                                          {"semaphores", semaphores},
                                          {0}}};
