#include "registry.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "catch.h"
#include "util/fd.h"

namespace cloche::image::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A port that was free a moment ago.
std::uint16_t free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Registry::Registry(const Directory& directory, const std::string& password)
    : directory_(directory), password_(password) {
  const std::uint16_t port = free_port();
  address_ = "127.0.0.1:" + std::to_string(port);
  std::string settings =
      "version: 0.1\nlog: {level: error}\nstorage: {filesystem: "
      "{rootdirectory: " +
      (directory / "registry") + "}}\nhttp: {addr: \"" + address_ + "\"}\n";
  if (!password.empty()) {
    // "user" with the password "secret", by bcrypt.
    write(directory / "htpasswd",
          "user:$2b$05$TPQtNVqw2d1R8bzjuvpA5OEvOIDw4D.CF1j6lqp3dwn/wWVA18PZ2\n");
    settings += "auth: {htpasswd: {realm: test, path: " + (directory / "htpasswd") + "}}\n";
  }
  write(directory / "registry.yml", settings);
  const std::string file = directory / "registry.yml";
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
    ::execlp("docker-registry", "docker-registry", "serve", file.c_str(), nullptr);
    ::_exit(127);
  }
  // The registry does not report when it listens, so ask until it answers.
  for (int tries = 0; tries < 2000 && !answers(port); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(answers(port));
}

Registry::~Registry() {
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
}

void Registry::push(const std::string& layout, const std::string& name, const std::string& how) {
  std::vector<std::string> argv = {
      "skopeo", "--insecure-policy", "copy", "--quiet", "--format", how, "--dest-tls-verify=false"};
  if (!password_.empty()) argv.insert(argv.end(), {"--dest-creds", "user:" + password_});
  argv.insert(argv.end(), {"oci:" + layout + ":tag", "docker://" + address_ + "/" + name});
  REQUIRE(run_tool(directory_, argv) == 0);
}

}  // namespace cloche::image::test
