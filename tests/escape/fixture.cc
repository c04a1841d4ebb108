#include "fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <sstream>

#include "catch.h"
#include "cloche/error.h"
#include "util/file.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

std::string temporary_directory(std::string name) {
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  // Sandboxes of root run as other users, who must be able to enter.
  fs::permissions(name, fs::perms(0755));
  return name;
}

class Rootfs {
 public:
  Rootfs() : path(temporary_directory("/tmp/cloche-escape-XXXXXX")) {
    for (const char* name : {"proc", "sys", "dev", "tmp", "workspace", "etc", "bound"})
      fs::create_directory(path + "/" + name);
    fs::copy_file(HOSTILE, path + "/hostile");
    fs::create_symlink("/../../../../../../..", path + "/root-link");
    cloche::replace_file(path + "/etc/file", "of the image");
  }
  ~Rootfs() { fs::remove_all(path); }
  Rootfs(const Rootfs&) = delete;
  Rootfs& operator=(const Rootfs&) = delete;

  const std::string path;
};

}  // namespace

const std::string& hostile_rootfs() {
  static const Rootfs rootfs;
  return rootfs.path;
}

cloche::Limits tight_limits() {
  cloche::Limits limits;
  limits.wall_time = 10s * slowness();
  limits.memory_bytes = 128 << 20;
  return limits;
}

cloche::Spec hostile_spec() {
  cloche::Spec spec;
  spec.rootfs = hostile_rootfs();
  spec.limits = tight_limits();
  return spec;
}

cloche::Command hostile(const std::vector<std::string>& words) {
  cloche::Command command;
  command.argv = {"/hostile"};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  return command;
}

cloche::Result attack(const std::vector<std::string>& words, const cloche::Spec& spec) {
  cloche::Sandbox sandbox(spec);
  return sandbox.exec(hostile(words));
}

std::string act_outside(const std::vector<std::string>& words) {
  std::vector<std::string> arguments = {HOSTILE};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const cloche::UniqueFd read_end(ends[0]);
  cloche::UniqueFd write_end(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(write_end.get(), 1);
    ::dup2(::open("/dev/null", O_RDWR), 2);
    ::alarm(10);
    ::execv(HOSTILE, argv.data());
    ::_exit(127);
  }
  write_end.reset();
  const std::string output = cloche::read_all(read_end.get(), "output");
  ::waitpid(child, nullptr, 0);
  return output;
}

int slowness() {
  const char* factor = ::getenv("CLOCHE_TEST_SLOW");
  return factor == nullptr ? 1 : std::max(1, std::atoi(factor));
}

std::map<std::string, std::string> answers(const std::string& output) {
  std::map<std::string, std::string> found;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    std::string& answer = found[line.substr(0, space)];
    if (answer != "ok") answer = line.substr(space + 1);
  }
  return found;
}

std::string got_through(const std::string& output) {
  std::string all;
  for (const auto& [what, answer] : answers(output))
    if (answer == "ok") all += (all.empty() ? "" : " ") + what;
  return all;
}

bool has_own_inodes() {
  return cloche::read_file("/proc/filesystems").find("overlay") != std::string::npos;
}

std::string random_text() {
  static const char kDigits[] = "0123456789abcdef";
  std::random_device random;
  std::string text;
  for (int i = 0; i < 32; ++i) text += kDigits[random() % 16];
  return text;
}

Canary::Canary(unsigned mode)
    : directory_(temporary_directory("/tmp/cloche-canary-XXXXXX")),
      path_(directory_ + "/canary"),
      secret_(random_text()) {
  cloche::replace_file(path_, secret_);
  fs::permissions(path_, fs::perms(mode));
}

Canary::~Canary() {
  fs::remove_all(directory_);
}

bool Canary::untouched() const {
  std::error_code none;
  const auto entries = std::distance(fs::directory_iterator(directory_, none), {});
  return entries == 1 && fs::is_regular_file(path_) && cloche::read_file(path_) == secret_;
}

Held::Held(const std::vector<std::string>& words, const cloche::Spec& spec) : sandbox_(spec) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  input_.reset(ends[1]);
  thread_ = std::thread([this, words, read_end = ends[0]] {
    const cloche::UniqueFd input(read_end);
    cloche::Command command = hostile(words);
    command.stdin_fd = input.get();
    command.on_output = [this](int, std::string_view bytes) {
      const std::lock_guard lock(mutex_);
      output_ += bytes;
      changed_.notify_all();
    };
    cloche::Result result;
    try {
      result = sandbox_.exec(command);
    } catch (const cloche::Error& error) {
      result.status = cloche::Status::not_started;
      result.reason = error.what();
    }
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    ended_ = true;
    changed_.notify_all();
  });
  says("ready\n");
}

Held::~Held() {
  input_.reset();
  if (thread_.joinable()) thread_.join();
}

std::string Held::output() {
  const std::lock_guard lock(mutex_);
  return output_;
}

bool Held::says(const std::string& text) {
  std::unique_lock lock(mutex_);
  const auto said = [&] { return output_.find(text) != std::string::npos; };
  changed_.wait_for(lock, 60s * slowness(), [&] { return ended_ || said(); });
  return said();
}

cloche::Result Held::release() {
  input_.reset();
  if (thread_.joinable()) thread_.join();
  return result_;
}

std::vector<pid_t> processes_with(const std::string& marker) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    try {
      if (cloche::read_file(entry.path() / "cmdline").find(marker) != std::string::npos)
        found.push_back(std::stoi(name));
    } catch (const cloche::Error&) {
      // It has ended meanwhile.
    }
  }
  return found;
}

std::map<std::string, std::string> status_of(pid_t pid) {
  std::map<std::string, std::string> fields;
  std::istringstream lines(cloche::read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    fields[line.substr(0, colon)] = value == std::string::npos ? "" : line.substr(value);
  }
  return fields;
}
