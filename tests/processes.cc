#include "processes.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "cloche/error.h"
#include "elapsed.h"
#include "util/file.h"

bool any_process_with(const std::string& marker, pid_t except) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (name == std::to_string(except)) continue;
    try {
      if (cloche::read_file(entry.path() / "cmdline").find(marker) != std::string::npos)
        return true;
    } catch (const cloche::Error&) {
      // It has ended meanwhile.
    }
  }
  return false;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    try {
      // "PID (NAME) STATE PARENT …", where the name may hold anything.
      const std::string status = cloche::read_file(entry.path() / "stat");
      if (std::stoi(status.substr(status.rfind(')') + 4)) == parent)
        children.push_back(std::stoi(name));
    } catch (const cloche::Error&) {
      // It has ended meanwhile.
    }
  }
  return children;
}

std::string name_of(pid_t pid) {
  try {
    const std::string line = cloche::read_file("/proc/" + std::to_string(pid) + "/cmdline");
    const std::string first = line.substr(0, line.find('\0'));
    return first.substr(first.rfind('/') + 1);
  } catch (const cloche::Error&) {
    return {};
  }
}

bool comes_true(const std::function<bool()>& condition) {
  constexpr std::chrono::seconds kPatience(5);
  const Elapsed elapsed;
  while (!condition()) {
    if (elapsed.wall() > kPatience && elapsed.fair() > kPatience) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}
