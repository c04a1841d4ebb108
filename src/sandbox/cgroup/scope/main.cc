// cloche-scope PID: asks systemd to put a process into a transient scope whose inside is handed
// over to it (Delegate=yes). An ordinary user asks the user's own manager, root the system's.
//
// Exit status 0 when the process is in its scope, 1 when systemd could not or would not.
// org.freedesktop.systemd1(5), systemd's CONTROL_GROUP_INTERFACE.
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kObject = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr std::uint64_t kPatience = 2000 * 1000;  // microseconds

struct Job {
  std::string path;
  bool over = false;
  bool done = false;
};

// The signal of a job cannot arrive before the answer that names the job: systemd sends both over
// one connection, the answer first.
int job_removed(sd_bus_message* message, void* data, sd_bus_error*) {
  Job& job = *static_cast<Job*>(data);
  const char *path = nullptr, *unit = nullptr, *result = nullptr;
  std::uint32_t id = 0;
  if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0 && job.path == path) {
    job.over = true;
    job.done = std::strcmp(result, "done") == 0;
  }
  return 0;
}

int fail(const char* what, int errnum) {
  std::fprintf(stderr, "cloche-scope: %s: %s\n", what, std::strerror(-errnum));
  return 1;
}

int ask(sd_bus* bus, std::uint32_t pid, Job& job) {
  const std::string unit = "cloche-" + std::to_string(pid) + ".scope";
  sd_bus_message* request = nullptr;
  sd_bus_message* answer = nullptr;
  sd_bus_error error = SD_BUS_ERROR_NULL;
  int result = sd_bus_message_new_method_call(bus, &request, kService, kObject, kManager,
                                              "StartTransientUnit");
  if (result >= 0) result = sd_bus_message_append(request, "ss", unit.c_str(), "fail");
  if (result >= 0)
    result = sd_bus_message_append(request, "a(sv)", 4, "PIDs", "au", 1, pid, "Delegate", "b", 1,
                                   "CollectMode", "s", "inactive-or-failed", "Description", "s",
                                   "Sandboxes of cloche");
  if (result >= 0) result = sd_bus_message_append(request, "a(sa(sv))", 0);
  if (result >= 0) result = sd_bus_call(bus, request, kPatience, &error, &answer);
  const char* path = nullptr;
  if (result >= 0) result = sd_bus_message_read(answer, "o", &path);
  if (result >= 0) job.path = path;
  sd_bus_error_free(&error);
  sd_bus_message_unref(answer);
  sd_bus_message_unref(request);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  char* end = nullptr;
  const unsigned long pid = argc == 2 ? std::strtoul(argv[1], &end, 10) : 0;
  if (pid == 0 || *end != '\0') {
    std::fputs("usage: cloche-scope PID\n", stderr);
    return 64;
  }
  sd_bus* bus = nullptr;
  int result = ::geteuid() == 0 ? sd_bus_open_system(&bus) : sd_bus_open_user(&bus);
  if (result < 0) return fail("reach systemd", result);
  Job job;
  result = sd_bus_match_signal(bus, nullptr, kService, kObject, kManager, "JobRemoved", job_removed,
                               &job);
  if (result < 0) return fail("listen to systemd", result);
  result = ask(bus, static_cast<std::uint32_t>(pid), job);
  if (result < 0) return fail("get a scope", result);
  while (!job.over) {
    result = sd_bus_process(bus, nullptr);
    if (result < 0) return fail("listen to systemd", result);
    if (result == 0 && (result = sd_bus_wait(bus, kPatience)) <= 0)
      return fail("wait for the scope", result == 0 ? -ETIMEDOUT : result);
  }
  sd_bus_flush_close_unref(bus);
  return job.done ? 0 : 1;
}
