#include "fixture.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include <cstdio>
#include <filesystem>

#include "catch.h"

namespace fs = std::filesystem;

namespace {

class Rootfs {
 public:
  Rootfs() {
    std::string made = "/tmp/cloche-rootfs-XXXXXX";
    REQUIRE(::mkdtemp(made.data()) != nullptr);
    path = made;
    for (const char* name : {"proc", "dev", "tmp", "workspace", "etc", "bound"})
      fs::create_directory(path + "/" + name);
    fs::copy_file(PROBE, path + "/probe");
    // Sandboxes of root run as other users, who must be able to enter.
    fs::permissions(path, fs::perms(0755));
  }
  ~Rootfs() { fs::remove_all(path); }
  Rootfs(const Rootfs&) = delete;
  Rootfs& operator=(const Rootfs&) = delete;

  std::string path;
};

}  // namespace

const std::string& probe_rootfs() {
  static const Rootfs rootfs;
  return rootfs.path;
}

cloche::Spec probe_spec() {
  cloche::Spec spec;
  spec.rootfs = probe_rootfs();
  return spec;
}

cloche::Command probe(std::vector<std::string> arguments) {
  cloche::Command command;
  command.argv = {"/probe"};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  return command;
}

cloche::Result run_probe(std::vector<std::string> arguments, const cloche::Limits& limits) {
  cloche::Spec spec = probe_spec();
  spec.limits = limits;
  cloche::Sandbox sandbox(spec);
  return sandbox.exec(probe(std::move(arguments)));
}

std::pair<int, int> kernel_version() {
  utsname name{};
  ::uname(&name);
  std::pair<int, int> version;
  std::sscanf(name.release, "%d.%d", &version.first, &version.second);
  return version;
}
