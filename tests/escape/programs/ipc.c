// Leaves objects for another sandbox or the host to find, of every kind that has a name.
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "hostile.h"

// Both sides get the same number and name.
static key_t key_of(char** arguments) {
  return (key_t)number(arguments, 0, 4711);
}

static struct sockaddr_un abstract_name(char** arguments, socklen_t* size) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const int length =
      snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "hostile-%s", arguments[0]);
  *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
  return address;
}

static const char* const directories[] = {"/tmp", "/workspace", "/dev/shm",   "/dev", "/",
                                          "/etc", "/bound",     "/proc/self", "/run", "/var/tmp"};
enum { kDirectories = sizeof directories / sizeof *directories };

static int leave(char** arguments) {
  char path[128];
  const key_t key = key_of(arguments);
  const int shm = shmget(key, 4096, IPC_CREAT | 0666);
  tried("left-shm", shm);
  tried("left-queue", msgget(key, IPC_CREAT | 0666));
  tried("left-semaphores", semget(key, 1, IPC_CREAT | 0666));
  snprintf(path, sizeof path, "/hostile-%s", arguments[0]);
  tried("left-mq", mq_open(path, O_CREAT | O_RDWR, 0666, NULL));
  for (int i = 0; i < kDirectories; ++i) {
    snprintf(path, sizeof path, "%s/hostile-%s", directories[i], arguments[0]);
    const int file = open(path, O_CREAT | O_WRONLY, 0666);
    if (file >= 0) dprintf(1, "left-file ok\n");
  }
  socklen_t size;
  const struct sockaddr_un address = abstract_name(arguments, &size);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  tried("left-abstract", bind(listener, (const struct sockaddr*)&address, size));
  listen(listener, 5);
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  const struct sockaddr_in port = {.sin_family = AF_INET,
                                   .sin_port = htons((unsigned short)key_of(arguments))};
  tried("left-port", bind(server, (const struct sockaddr*)&port, sizeof port));
  listen(server, 5);
  syscall(SYS_add_key, "user", "hostile", "secret", 6, -3 /* session */);
  syscall(SYS_add_key, "user", "hostile", "secret", 6, -4 /* user */);
  hold();
  return 0;
}

static int find(char** arguments) {
  char path[128];
  const key_t key = key_of(arguments);
  tried("found-shm", shmget(key, 0, 0));
  tried("found-queue", msgget(key, 0));
  tried("found-semaphores", semget(key, 0, 0));
  // By number instead of by key.
  for (int id = 0; id < 64; ++id) {
    struct shmid_ds of_shm;
    struct msqid_ds of_queue;
    if (shmctl(id, SHM_STAT_ANY, &of_shm) >= 0) tried("found-any-shm", 0);
    if (msgctl(id, IPC_STAT, &of_queue) >= 0) tried("found-any-queue", 0);
  }
  snprintf(path, sizeof path, "/hostile-%s", arguments[0]);
  tried("found-mq", mq_open(path, O_RDWR));
  for (int i = 0; i < kDirectories; ++i) {
    snprintf(path, sizeof path, "%s/hostile-%s", directories[i], arguments[0]);
    tried("found-file", access(path, F_OK));
  }
  socklen_t size;
  const struct sockaddr_un address = abstract_name(arguments, &size);
  tried("found-abstract",
        connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr*)&address, size));
  const struct sockaddr_in port = {.sin_family = AF_INET,
                                   .sin_port = htons((unsigned short)key_of(arguments)),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
  tried("found-port",
        connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr*)&port, sizeof port));
  tried("found-key", syscall(SYS_request_key, "user", "hostile", NULL, 0));
  tried("found-keyring", syscall(SYS_keyctl, 0, -4, 0, 0, 0));
  return 0;
}

const struct act_group ipc_group = {"ipc",
                                    (const struct act[]){{"leave", leave}, {"find", find}, {0}}};
