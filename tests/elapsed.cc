#include "elapsed.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "cloche/error.h"
#include "util/file.h"

namespace {

struct Process {
  pid_t parent = 0;
  std::int64_t ticks = 0;  // of the process itself and of the children that it has waited for
};

std::map<pid_t, Process> processes_now() {
  std::map<pid_t, Process> processes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    try {
      const std::string stat = cloche::read_file(entry.path() / "stat");
      // "PID (COMMAND) STATE PPID", nine more fields, then utime, stime, cutime, cstime.
      std::istringstream rest(stat.substr(stat.rfind(')') + 1));
      std::string skipped;
      Process process;
      rest >> skipped >> process.parent;
      for (int i = 0; i < 9; ++i) rest >> skipped;
      for (int i = 0; i < 4; ++i) {
        std::int64_t ticks = 0;
        rest >> ticks;
        process.ticks += ticks;
      }
      processes[std::stoi(name)] = process;
    } catch (const cloche::Error&) {
      // The process has ended meanwhile.
    }
  }
  return processes;
}

// The processor time of this process, of its descendants, and of those that were waited for.
std::int64_t own_ticks() {
  const std::map<pid_t, Process> processes = processes_now();
  std::int64_t total = 0;
  for (const auto& [pid, process] : processes) {
    pid_t above = pid;
    // A parent may have ended while the others were read.
    while (above != ::getpid() && processes.contains(above)) above = processes.at(above).parent;
    if (above == ::getpid()) total += process.ticks;
  }
  return total;
}

std::chrono::nanoseconds time_of(std::int64_t ticks) {
  return std::chrono::seconds(1) * ticks / ::sysconf(_SC_CLK_TCK);
}

}  // namespace

Elapsed::Elapsed() : begin_(std::chrono::steady_clock::now()), ticks_(now()) {}

Elapsed::Ticks Elapsed::now() {
  std::istringstream words(cloche::read_file("/proc/stat"));
  std::string name;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0;
  Ticks ticks;
  words >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> ticks.stolen;
  ticks.others = user + nice + system + irq + softirq - own_ticks();
  return ticks;
}

std::chrono::nanoseconds Elapsed::wall() const {
  return std::chrono::steady_clock::now() - begin_;
}

std::chrono::nanoseconds Elapsed::fair() const {
  const Ticks ticks = now();
  const std::int64_t taken = std::max<std::int64_t>(ticks.others - ticks_.others, 0) +
                             std::max<std::int64_t>(ticks.stolen - ticks_.stolen, 0);
  const std::chrono::nanoseconds time = wall();
  return std::max(time - time_of(taken) / ::sysconf(_SC_NPROCESSORS_ONLN), time / 16);
}

bool Elapsed::disturbed() const {
  const Ticks ticks = now();
  return ticks.stolen - ticks_.stolen >= 2 || time_of(ticks.others - ticks_.others) > wall() / 8;
}
