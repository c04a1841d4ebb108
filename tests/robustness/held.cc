#include "held.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "../processes.h"
#include "cloche/error.h"
#include "util/file.h"

namespace fs = std::filesystem;

namespace {

std::size_t entries(const fs::path& directory, const std::string& prefix = {}) {
  std::size_t count = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed))
    if (entry.path().filename().string().starts_with(prefix)) ++count;
  return count;
}

std::size_t lines_with(const std::string& file, const std::string& text = {}) {
  std::ifstream lines(file);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.find(text) != std::string::npos) ++count;
  return count;
}

std::set<std::string> words(const std::string& file) {
  std::ifstream in(file);
  std::set<std::string> all;
  for (std::string word; in >> word;) all.insert(word);
  return all;
}

// This process and all its descendants, whichever thread started them.
void family(const std::string& pid, std::set<std::string>& all) {
  all.insert(pid);
  std::error_code failed;
  for (const auto& task : fs::directory_iterator("/proc/" + pid + "/task", failed))
    for (const std::string& child : words(task.path() / "children"))
      if (all.count(child) == 0) family(child, all);
}

// Locks of one byte each, held by descriptors of this process (proc(5), fdinfo).
std::size_t locks() {
  std::size_t count = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator("/proc/self/fdinfo", failed))
    count += lines_with(entry.path(), "OFDLCK");
  return count;
}

}  // namespace

Held held() {
  Held held;
  const std::string self = std::to_string(::getpid());
  held.descriptors = entries("/proc/self/fd");
  // A joined thread is still listed for a moment. A test has joined all its own threads.
  comes_true([&] { return (held.threads = entries("/proc/self/task")) == 1; });
  std::set<std::string> all, networks;
  family(self, all);
  held.children = all.size() - 1;
  for (const std::string& pid : all) {
    std::error_code failed;
    networks.insert(fs::read_symlink("/proc/" + pid + "/ns/net", failed).string());
  }
  held.namespaces = networks.size();
  held.mounts = lines_with("/proc/self/mountinfo");
  for (const char* base : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(base, failed))
      if (entry.path().filename().string().starts_with("cloche." + self))
        held.groups += 1 + entries(entry.path(), "");
  }
  held.leases = locks();
  held.files = entries("/run/cloche");
  return held;
}

std::string to_string(const Held& held) {
  std::ostringstream text;
  text << held.descriptors << " descriptors, " << held.threads << " threads, " << held.children
       << " children, " << held.mounts << " mounts, " << held.namespaces << " networks, "
       << held.groups << " groups, " << held.leases << " leases, " << held.files << " files";
  return text.str();
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

unsigned wanted_runs(unsigned usual) {
  const char* wanted = std::getenv("CLOCHE_TEST_RUNS");
  return wanted == nullptr ? usual : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
}
