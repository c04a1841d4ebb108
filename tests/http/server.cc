#include "server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "../processes.h"
#include "catch.h"
#include "cloche/image.h"
#include "util/file.h"

namespace test {

namespace {

// A socket that receives the service's message that it is ready: sd_notify(3).
class Manager {
 public:
  explicit Manager(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }

  // False if it ends before it is ready.
  bool hears_ready(pid_t pid) const {
    for (int waited = 0; waited < 600; ++waited) {
      pollfd source{socket_.get(), POLLIN, 0};
      if (::poll(&source, 1, 100) == 1) {
        char message[256];
        const ssize_t size = ::recv(socket_.get(), message, sizeof message, 0);
        if (std::string(message, static_cast<std::size_t>(size)).find("READY=1") !=
            std::string::npos)
          return true;
      }
      siginfo_t ended{};
      if (::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          ended.si_pid == pid)
        return false;
    }
    return false;
  }

 private:
  cloche::UniqueFd socket_;
};

std::vector<std::string> environment_with(const std::string& notify) {
  std::vector<std::string> all = {"NOTIFY_SOCKET=" + notify};
  for (char** each = environ; *each != nullptr; ++each) all.emplace_back(*each);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

File::File(const std::string& content) {
  const int fd = ::mkstemp(path_.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  write(content);
}

File::~File() {
  ::unlink(path_.c_str());
}

void File::write(const std::string& content) const {
  std::ofstream(path_) << content;
}

Server::Server(const std::string& config, const std::vector<std::string>& options) {
  directory_ = "/tmp/cloche-http-XXXXXX";
  REQUIRE(::mkdtemp(directory_.data()) != nullptr);
  std::ofstream(directory_ + "/config.toml") << config;
  const Manager manager(directory_ + "/notify");
  std::vector<std::string> words = {CLOCHE,        "serve",
                                    "--config",    directory_ + "/config.toml",
                                    "--port-file", directory_ + "/port"};
  words.insert(words.end(), options.begin(), options.end());
  if (config.find("listen") == config.npos) words.insert(words.end(), {"--listen", "127.0.0.1:0"});
  std::vector<std::string> environment = environment_with(directory_ + "/notify");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 2, (directory_ + "/log").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, 2, 1);
  const int failed = ::posix_spawn(&pid_, CLOCHE, &actions, nullptr, pointers(words).data(),
                                   pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  REQUIRE(failed == 0);
  const bool ready = manager.hears_ready(pid_);
  INFO(log());
  REQUIRE(ready);
  if (std::filesystem::exists(directory_ + "/port")) {
    port_ = cloche::read_file(directory_ + "/port");
    port_.pop_back();
  }
}

Server::~Server() {
  if (!status_) {
    signal(SIGTERM);
    signal(SIGTERM);
    wait();
  }
  std::filesystem::remove_all(directory_);
}

std::vector<pid_t> Server::workers() const {
  std::vector<pid_t> workers;
  for (const pid_t child : children_of(pid_))
    if (name_of(child) == "cloche-worker") workers.push_back(child);
  return workers;
}

void Server::signal(int number) const {
  ::kill(pid_, number);
}

int Server::wait() {
  if (status_) return *status_;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *status_;
}

long Server::resident() const {
  const std::string status = cloche::read_file("/proc/" + std::to_string(pid_) + "/status");
  return std::stol(status.substr(status.find("VmRSS:") + 6));
}

std::string Server::log() const {
  return cloche::read_file(directory_ + "/log");
}

bool Server::logs(const std::string& text) const {
  return comes_true([&] { return log().find(text) != std::string::npos; });
}

bool starts(const std::vector<std::string>& options) {
  std::string notify = "/tmp/cloche-http-XXXXXX";
  REQUIRE(::mkdtemp(notify.data()) != nullptr);
  const Manager manager(notify + "/notify");
  std::vector<std::string> words = {CLOCHE, "serve"};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<std::string> environment = environment_with(notify + "/notify");
  pid_t pid = -1;
  REQUIRE(::posix_spawn(&pid, CLOCHE, nullptr, nullptr, pointers(words).data(),
                        pointers(environment).data()) == 0);
  const bool ready = manager.hears_ready(pid);
  ::kill(pid, SIGTERM);
  ::waitpid(pid, nullptr, 0);
  std::filesystem::remove_all(notify);
  return ready;
}

bool has_image(const std::string& name) {
  if (cloche::image::Store::open_default().contains(name)) return true;
  if (std::getenv("CLOCHE_TEST_IMAGES") != nullptr) FAIL("the image " << name << " is missing");
  WARN("without the image " << name << " this is not tested");
  return false;
}

}  // namespace test
