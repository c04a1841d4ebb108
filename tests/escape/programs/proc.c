// Tries files of /proc and /sys that could reveal data or accept changes.
#include <dirent.h>

#include "hostile.h"

static const char* const of_process[] = {
    "environ",      "mem",        "maps",           "smaps",     "root",        "cwd",
    "exe",          "fd",         "fdinfo",         "map_files", "ns",          "stack",
    "auxv",         "syscall",    "wchan",          "io",        "personality", "pagemap",
    "cmdline",      "status",     "stat",           "mountinfo", "cgroup",      "oom_score_adj",
    "attr/current", "task/1/mem", "task/1/environ", "ns/user",   "ns/mnt",      "setgroups",
    "uid_map"};

// Everything about pid 1, under every name.
static int init(char** arguments) {
  (void)arguments;
  const char* const names[] = {"/proc/1",         "/proc/self/../1", "/proc/thread-self/../../../1",
                               "/dev/fd/../../1", "/proc/1/task/1",  "/proc/1/root/proc/1"};
  char path[256], what[300], target[512];
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
    for (size_t j = 0; j < sizeof of_process / sizeof *of_process; ++j) {
      snprintf(path, sizeof path, "%s/%s", names[i], of_process[j]);
      snprintf(what, sizeof what, "open:%s", path);
      tried(what, open(path, O_RDONLY | O_NONBLOCK));
      show(path);
      const ssize_t length = readlink(path, target, sizeof target - 1);
      if (length > 0) {
        target[length] = '\0';
        dprintf(1, "link:%s ok\n", path);
      }
    }
  return 0;
}

static void list(const char* directory) {
  DIR* entries = opendir(directory);
  for (const struct dirent* entry; entries && (entry = readdir(entries));)
    if (entry->d_name[0] != '.') dprintf(1, "%s/%s\n", directory, entry->d_name);
  if (entries) closedir(entries);
}
static int listing(char** arguments) {
  for (; *arguments; ++arguments) list(*arguments);
  return 0;
}

// Files about the program itself, which must contain no data of the host.
static int self(char** arguments) {
  (void)arguments;
  const char* const files[] = {"environ",  "cmdline", "auxv",        "maps",  "cgroup",
                               "status",   "stat",    "limits",      "sched", "net/tcp",
                               "net/unix", "net/dev", "attr/current"};
  char path[64];
  for (char** entry = environ; *entry; ++entry) dprintf(1, "%s\n", *entry);
  for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
    snprintf(path, sizeof path, "/proc/self/%s", files[i]);
    show(path);
  }
  return 0;
}

// Files about the whole system.
static int system_files(char** arguments) {
  (void)arguments;
  const char* const files[] = {"/proc/kcore",
                               "/proc/kmsg",
                               "/proc/kallsyms",
                               "/proc/keys",
                               "/proc/key-users",
                               "/proc/sysrq-trigger",
                               "/proc/sys/kernel/core_pattern",
                               "/proc/sys/kernel/hostname",
                               "/proc/sys/vm/drop_caches",
                               "/proc/sys/fs/binfmt_misc/register",
                               "/proc/timer_list",
                               "/proc/sched_debug",
                               "/proc/scsi",
                               "/proc/acpi",
                               "/proc/bus",
                               "/proc/irq",
                               "/proc/fs",
                               "/proc/mounts/..",
                               "/proc/iomem",
                               "/proc/modules",
                               "/proc/config.gz",
                               "/proc/cmdline",
                               "/proc/meminfo",
                               "/proc/loadavg",
                               "/proc/uptime",
                               "/proc/latency_stats",
                               "/proc/interrupts",
                               "/proc/sysvipc/shm",
                               "/sys/kernel",
                               "/sys/firmware",
                               "/sys/fs/cgroup",
                               "/sys/class",
                               "/sys/devices",
                               "/sys/kernel/security",
                               "/sys/kernel/debug",
                               "/sys/power/state"};
  char what[128];
  for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
    if (strcmp(files[i], "/proc/mounts/..") == 0) continue;
    snprintf(what, sizeof what, "read:%s", files[i]);
    tried(what, open(files[i], O_RDONLY | O_NONBLOCK));
    snprintf(what, sizeof what, "write:%s", files[i]);
    tried(what, open(files[i], O_WRONLY | O_NONBLOCK));
  }
  return 0;
}

// Opens for writing every file in its own directories of /proc.
static void write_below(const char* directory, int depth) {
  DIR* entries = opendir(directory);
  char path[512];
  for (const struct dirent* entry; entries && (entry = readdir(entries));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    if (entry->d_type == DT_DIR && depth > 0 && strcmp(entry->d_name, "fd") != 0)
      write_below(path, depth - 1);
    if (entry->d_type != DT_REG) continue;
    const int file = open(path, O_WRONLY);
    tried(path, file);
    if (file >= 0) close(file);
  }
  if (entries) closedir(entries);
}
static int writes(char** arguments) {
  (void)arguments;
  write_below("/proc/self", 3);
  char path[64];
  snprintf(path, sizeof path, "/proc/%d", getpid());
  write_below(path, 1);
  return 0;
}

static int oom(char** arguments) {
  (void)arguments;
  const char* const values[] = {"0", "-1000", "-17", "500", "999"};
  for (int in_child = 0; in_child < 2; ++in_child)
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
      const int file = open("/proc/self/oom_score_adj", O_WRONLY);
      if (file >= 0 && write(file, values[i], strlen(values[i])) < 0) errno = 0;
      const int old = open("/proc/self/oom_adj", O_WRONLY);
      if (old >= 0 && write(old, "-17", 3) < 0) errno = 0;
    }
  hold();
  return 0;
}

// The attack of CVE-2019-5736: replace init's program, or reach it while init executes this one.
static int overwrite(char** arguments) {
  (void)arguments;
  const char* const names[] = {"/proc/1/exe", "/proc/self/exe", "/proc/thread-self/exe", "/hostile",
                               "/proc/self/map_files"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    const int found = open(names[i], O_PATH);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", found);
    for (int attempt = 0; attempt < 3; ++attempt) {
      const int file = open(path, O_WRONLY | (attempt ? O_TRUNC : 0));
      if (file < 0) continue;
      tried("opened", 0);
      if (write(file, "overwritten", 11) == 11) tried("overwritten", 0);
    }
    if (truncate(names[i], 0) == 0) tried("truncated", 0);
  }
  // The process that execs resolves the name of an interpreter.
  const int script = open("/tmp/script", O_CREAT | O_WRONLY, 0755);
  if (write(script, "#!/proc/1/exe\n", 14) != 14) return 1;
  close(script);
  if (fork() == 0) {
    execl("/tmp/script", "/tmp/script", NULL);
    tried("run-init", -1);
    _exit(0);
  }
  wait(NULL);
  return 0;
}

const struct act_group proc_group = {"proc", (const struct act[]){{"init", init},
                                                                  {"listing", listing},
                                                                  {"self", self},
                                                                  {"system", system_files},
                                                                  {"writes", writes},
                                                                  {"oom", oom},
                                                                  {"overwrite", overwrite},
                                                                  {0}}};
