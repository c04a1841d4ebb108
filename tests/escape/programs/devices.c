// Tries the devices that are shown and the devices that could be made.
#include <dirent.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "hostile.h"

static int list(char** arguments) {
  (void)arguments;
  DIR* entries = opendir("/dev");
  for (const struct dirent* entry; entries && (entry = readdir(entries));)
    if (entry->d_name[0] != '.') dprintf(1, "dev %s\n", entry->d_name);
  return 0;
}

static int make(char** arguments) {
  (void)arguments;
  static const struct {
    const char* name;
    mode_t type;
    unsigned major, minor;
  } devices[] = {{"mem", S_IFCHR, 1, 1},     {"kmem", S_IFCHR, 1, 2},     {"port", S_IFCHR, 1, 4},
                 {"null", S_IFCHR, 1, 3},    {"kmsg", S_IFCHR, 1, 11},    {"tty", S_IFCHR, 5, 0},
                 {"console", S_IFCHR, 5, 1}, {"ptmx", S_IFCHR, 5, 2},     {"tty1", S_IFCHR, 4, 1},
                 {"ttyS0", S_IFCHR, 4, 64},  {"fuse", S_IFCHR, 10, 229},  {"kvm", S_IFCHR, 10, 232},
                 {"tun", S_IFCHR, 10, 200},  {"vhost", S_IFCHR, 10, 238}, {"loop", S_IFBLK, 7, 0},
                 {"sda", S_IFBLK, 8, 0},     {"vda", S_IFBLK, 254, 0},    {"xvda", S_IFBLK, 202, 0},
                 {"nvme", S_IFBLK, 259, 0},  {"whiteout", S_IFCHR, 0, 0}};
  const char* const places[] = {"/tmp", "/workspace", "/dev", "/dev/shm", "/", "/etc"};
  char path[64], what[96];
  for (size_t place = 0; place < sizeof places / sizeof *places; ++place)
    for (size_t i = 0; i < sizeof devices / sizeof *devices; ++i) {
      snprintf(path, sizeof path, "%s/%s", places[place], devices[i].name);
      // /dev/null exists in any case.
      if (access(path, F_OK) == 0) continue;
      mknod(path, devices[i].type | 0666, makedev(devices[i].major, devices[i].minor));
      snprintf(what, sizeof what, "open:%s", path);
      tried(what, open(path, O_RDWR | O_NONBLOCK));
      tried(what, open(path, O_RDONLY | O_NONBLOCK));
    }
  return 0;
}

// Tries requests that go beyond reading and writing a device.
static int use(char** arguments) {
  (void)arguments;
  const char* const shown[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                               "/dev/urandom"};
  char what[64];
  for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i) {
    const int file = open(shown[i], O_RDWR);
    const char* name = shown[i] + 5;
    int bits[4] = {8, 8, 0, 0};
    snprintf(what, sizeof what, "add-entropy:%s", name);
    tried(what, ioctl(file, 0x40085203 /* RNDADDENTROPY */, bits));
    snprintf(what, sizeof what, "clear-pool:%s", name);
    tried(what, ioctl(file, 0x5206 /* RNDCLEARPOOL */, 0));
    snprintf(what, sizeof what, "chmod:%s", name);
    tried(what, fchmod(file, 0));
    snprintf(what, sizeof what, "chown:%s", name);
    tried(what, fchown(file, getuid(), getgid()));
    snprintf(what, sizeof what, "touch:%s", name);
    tried(what, utimensat(AT_FDCWD, shown[i], NULL, 0));
    snprintf(what, sizeof what, "unlink:%s", name);
    tried(what, unlink(shown[i]));
    snprintf(what, sizeof what, "rename:%s", name);
    tried(what, rename(shown[i], "/dev/shm/x"));
    snprintf(what, sizeof what, "link:%s", name);
    tried(what, link(shown[i], "/dev/shm/x"));
  }
  return 0;
}

const struct act_group devices_group = {
    "devices", (const struct act[]){{"list", list}, {"make", make}, {"use", use}, {0}}};
