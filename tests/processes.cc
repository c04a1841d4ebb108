#include "processes.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "cloche/error.h"
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

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}
