// The findings of doctor on hosts that lack features. Children of this process lack them for real,
// by namespaces and seccomp filters of their own.
#include "cloche/host.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <stdexcept>

#include "catch.h"
#include "util/fd.h"
#include "util/file.h"

using cloche::HostFinding;
using cloche::HostLevel;
using cloche::HostReport;

namespace {

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what + ": " + std::strerror(errno));
}

void write_file(const std::string& path, const std::string& text) {
  const cloche::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  require(file && ::write(file.get(), text.data(), text.size()) >= 0, "write " + path);
}

// Enters new namespaces in which this process may mount, as the same user.
void enter_namespaces(int flags) {
  const std::string user = std::to_string(::geteuid()), group = std::to_string(::getegid());
  if (::geteuid() != 0) flags |= CLONE_NEWUSER;
  require(::unshare(flags) == 0, "unshare");
  if ((flags & CLONE_NEWUSER) != 0) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", user + " " + user + " 1\n");
    write_file("/proc/self/gid_map", group + " " + group + " 1\n");
  }
  require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make / private");
}

void cover(const char* path, const char* options = "", unsigned long flags = 0) {
  require(::mount("cover", path, "tmpfs", flags, options) == 0, std::string("cover ") + path);
}

void refuse(const char* system_call, int errnum) {
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  require(filter != nullptr &&
              ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(static_cast<std::uint32_t>(errnum)),
                                 ::seccomp_syscall_resolve_name(system_call), 0) == 0 &&
              ::seccomp_load(filter) == 0,
          "load a filter");
  ::seccomp_release(filter);
}

// The report of a child of this process that ran `prepare` first.
HostReport inspect_after(const std::function<void()>& prepare) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  cloche::UniqueFd in(ends[0]), out(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::ostringstream text;
    try {
      prepare();
      const HostReport report = cloche::inspect_host();
      text << to_string(report.cgroup_version) << '\n' << report.landlock_abi << '\n';
      text << report.sandbox_create.has_value() << '\n';
      for (const HostFinding& each : report.findings)
        text << each.name << '\t' << static_cast<int>(each.level) << '\t' << each.found << '\t'
             << each.instead << '\t' << each.remedy << '\n';
    } catch (const std::exception& error) {
      text.str(std::string("failed\t") + error.what());
    }
    cloche::write_all(out.get(), text.str(), "report");
    ::_exit(0);
  }
  out.reset();
  std::istringstream text(cloche::read_all(in.get(), "report"));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  INFO(text.str());
  REQUIRE(status == 0);
  REQUIRE(!text.str().starts_with("failed"));
  HostReport report;
  std::string version, line;
  bool made = false;
  text >> version >> report.landlock_abi >> made;
  for (const auto each : {cloche::CgroupVersion::none, cloche::CgroupVersion::v1,
                          cloche::CgroupVersion::hybrid, cloche::CgroupVersion::v2})
    if (to_string(each) == version) report.cgroup_version = each;
  if (made) report.sandbox_create = std::chrono::nanoseconds(1);
  std::getline(text, line);
  while (std::getline(text, line)) {
    std::istringstream fields(line);
    HostFinding finding;
    std::string level;
    std::getline(fields, finding.name, '\t');
    std::getline(fields, level, '\t');
    std::getline(fields, finding.found, '\t');
    std::getline(fields, finding.instead, '\t');
    std::getline(fields, finding.remedy, '\t');
    finding.level = static_cast<HostLevel>(std::stoi(level));
    report.findings.push_back(finding);
  }
  return report;
}

const HostFinding& of(const HostReport& report, const char* name) {
  const HostFinding* finding = report.find(name);
  REQUIRE(finding != nullptr);
  UNSCOPED_INFO(name << ": " << finding->found << "; " << finding->remedy);
  return *finding;
}

std::set<std::string> missing(const HostReport& report) {
  std::set<std::string> names;
  for (const HostFinding& finding : report.findings)
    if (finding.level == HostLevel::missing) names.insert(finding.name);
  return names;
}

// A directory with the places of a root file system, and nothing in them.
class EmptyRoot {
 public:
  EmptyRoot() {
    std::string name = "/tmp/cloche-chroot-XXXXXX";
    require(::mkdtemp(name.data()) != nullptr, "make a directory");
    path = name;
    for (const char* part : {"/proc", "/sys", "/dev", "/tmp"})
      std::filesystem::create_directory(path + part);
  }
  ~EmptyRoot() { std::filesystem::remove_all(path); }
  EmptyRoot(const EmptyRoot&) = delete;
  EmptyRoot& operator=(const EmptyRoot&) = delete;

  std::string path;
};

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("a host that runs sandboxes is said to, and nothing is left behind") {
  const auto count = [] {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/tmp"))
      found += entry.path().filename().string().starts_with("cloche-doctor-") ? 1 : 0;
    return found;
  };
  const std::size_t before = count();
  const HostReport report = cloche::inspect_host();
  CHECK(count() == before);
  CHECK(::waitpid(-1, nullptr, __WALL | WNOHANG) <= 0);
  CHECK(missing(report) == Names{});
  REQUIRE(report.sandbox_create.has_value());
  CHECK(report.sandbox_create->count() > 0);
  CHECK(report.level() != HostLevel::missing);
  CHECK(report.enforced_by.size() == 6);
  CHECK(!report.kernel.empty());
  CHECK(of(report, "landlock").found == "ABI version " + std::to_string(report.landlock_abi));
}

TEST_CASE("every lack says what is done instead, and names are unique") {
  const HostReport report = inspect_after([] {
    enter_namespaces(CLONE_NEWNS);
    cover("/sys/fs/cgroup");
  });
  Names names;
  for (const HostFinding& finding : report.findings) {
    CHECK(names.insert(finding.name).second);
    CHECK(!finding.found.empty());
    CHECK(finding.instead.empty() == (finding.level == HostLevel::ok));
    if (finding.level == HostLevel::ok) CHECK(finding.remedy.empty());
  }
  CHECK(names.size() == 23);
}

TEST_CASE("sysctls that forbid namespaces are named") {
  const HostReport none = inspect_after([] {
    enter_namespaces(CLONE_NEWUSER | CLONE_NEWNS);
    write_file("/proc/sys/user/max_user_namespaces", "0");
  });
  CHECK(none.level() == HostLevel::missing);
  CHECK(missing(none) == Names{"user_namespaces", "namespaces", "mounts", "proc", "sandbox"});
  CHECK(of(none, "user_namespaces").remedy == "sysctl user.max_user_namespaces=15000");
  CHECK(of(none, "sandbox").remedy == "sysctl user.max_user_namespaces=15000");

  const HostReport no_net = inspect_after([] {
    enter_namespaces(CLONE_NEWUSER | CLONE_NEWNS);
    write_file("/proc/sys/user/max_net_namespaces", "0");
  });
  CHECK(missing(no_net) == Names{"namespaces", "sandbox"});
  CHECK(of(no_net, "namespaces").found == "refused: net");
  CHECK(of(no_net, "sandbox").remedy == "sysctl user.max_net_namespaces=15000");

  const HostReport no_time = inspect_after([] {
    enter_namespaces(CLONE_NEWUSER | CLONE_NEWNS);
    write_file("/proc/sys/user/max_time_namespaces", "0");
  });
  CHECK(of(no_time, "time_namespace").level == HostLevel::degraded);
  CHECK(of(no_time, "time_namespace").remedy == "sysctl user.max_time_namespaces=15000");
}

TEST_CASE("distributions' own switches are named, and what cloche ships against them") {
  // This kernel may have neither switch, so a mount covers the real files with the test's.
  const auto switched = [](const std::string& name, const std::string& value) {
    return inspect_after([&] {
      enter_namespaces(CLONE_NEWNS);
      cover("/proc/sys/kernel");
      std::ofstream("/proc/sys/kernel/" + name) << value << '\n';
      // The switches concern ordinary users only.
      if (::geteuid() == 0) require(::setresuid(65534, 65534, 65534) == 0, "setresuid");
      refuse("clone3", EPERM);
    });
  };
  const HostReport debian = switched("unprivileged_userns_clone", "0");
  CHECK(of(debian, "user_namespaces").remedy == "sysctl kernel.unprivileged_userns_clone=1");

  const HostReport ubuntu = switched("apparmor_restrict_unprivileged_userns", "1");
  const std::string remedy = of(ubuntu, "user_namespaces").remedy;
  CHECK_THAT(remedy, ContainsSubstring(" && apparmor_parser -r /etc/apparmor.d/cloche"));
  std::istringstream words(remedy);
  std::string install, mode, number, profile;
  words >> install >> mode >> number >> profile;
  CHECK(std::filesystem::is_regular_file(profile));
}

TEST_CASE("a chroot is named as what takes user namespaces away") {
  const EmptyRoot root;
  const HostReport report = inspect_after([&root] {
    enter_namespaces(CLONE_NEWNS);
    for (const char* part : {"/proc", "/sys", "/dev", "/tmp"})
      require(::mount(part, (root.path + part).c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0,
              "bind");
    require(::chroot(root.path.c_str()) == 0 && ::chdir("/") == 0, "enter the chroot");
  });
  const HostFinding& finding = of(report, "user_namespaces");
  CHECK(finding.level == HostLevel::missing);
  CHECK_THAT(finding.found, ContainsSubstring("chroot"));
  CHECK_THAT(finding.remedy, ContainsSubstring("pivot_root"));
}

TEST_CASE("system calls that a container's filter refuses are found by trying") {
  // Docker's own profile does this.
  const HostReport no_clone3 = inspect_after([] { refuse("clone3", ENOSYS); });
  CHECK(missing(no_clone3) == Names{"clone3", "sandbox"});
  CHECK_THAT(of(no_clone3, "clone3").remedy, ContainsSubstring("allow clone3"));
  CHECK(of(no_clone3, "sandbox").remedy == of(no_clone3, "clone3").remedy);

  const HostReport no_mount = inspect_after([] { refuse("fsopen", EPERM); });
  CHECK(missing(no_mount) == Names{"mounts", "proc", "sandbox"});
  CHECK(of(no_mount, "mounts").found == "make a tmpfs: Operation not permitted");
  CHECK_THAT(of(no_mount, "mounts").remedy, ContainsSubstring("seccomp profile"));

  const HostReport no_move = inspect_after([] { refuse("move_mount", ENOSYS); });
  CHECK(missing(no_move) == Names{"mounts", "sandbox"});
  CHECK_THAT(of(no_move, "mounts").remedy, ContainsSubstring("Linux 5.12"));

  const HostReport no_landlock = inspect_after([] { refuse("landlock_create_ruleset", ENOSYS); });
  CHECK(of(no_landlock, "landlock").level == HostLevel::degraded);
  CHECK(no_landlock.landlock_abi == 0);
}

TEST_CASE("a filter that kills ends the child that tries, not the one who asks") {
  const HostReport report = inspect_after([] {
    scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
    require(::seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS,
                               ::seccomp_syscall_resolve_name("landlock_create_ruleset"), 0) == 0 &&
                ::seccomp_load(filter) == 0,
            "load a filter");
    ::seccomp_release(filter);
  });
  CHECK(of(report, "landlock").level == HostLevel::degraded);
  CHECK(of(report, "landlock").found == "ask for Landlock: killed by Bad system call");
}

TEST_CASE("a filter that listens already takes user notification away") {
  const HostReport report = inspect_after([] {
    // The descriptor stays open: without a listener the refused call would fail at once.
    scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
    require(::seccomp_rule_add(filter, SCMP_ACT_NOTIFY, ::seccomp_syscall_resolve_name("acct"),
                               0) == 0 &&
                ::seccomp_load(filter) == 0,
            "load a filter");
  });
  CHECK(of(report, "seccomp").level == HostLevel::ok);
  CHECK(of(report, "seccomp_notification").level == HostLevel::degraded);
  CHECK_THAT(of(report, "seccomp_notification").remedy, ContainsSubstring("listens"));
}

TEST_CASE("without control groups sandboxes run, and their limits are approximated") {
  const HostReport report = inspect_after([] {
    enter_namespaces(CLONE_NEWNS);
    cover("/sys/fs/cgroup");
  });
  CHECK(report.cgroup_version == cloche::CgroupVersion::none);
  CHECK(report.level() == HostLevel::degraded);
  for (const char* name : {"cgroup", "delegation", "memory_controller", "pids_controller"})
    CHECK(of(report, name).level == HostLevel::degraded);
  CHECK_THAT(of(report, "memory_controller").instead, ContainsSubstring("10 ms"));
  CHECK_THAT(of(report, "cgroup").remedy, ContainsSubstring("mount -t cgroup2"));
}

TEST_CASE("version 2 alone is told from version 2 beside version 1") {
  const HostReport report = inspect_after([] {
    enter_namespaces(CLONE_NEWNS | CLONE_NEWCGROUP);
    require(::mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, nullptr) == 0, "mount cgroup2");
  });
  CHECK(report.cgroup_version == cloche::CgroupVersion::v2);
  CHECK(of(report, "cgroup").level == HostLevel::ok);
  // Only root may make groups there.
  CHECK((of(report, "delegation").level == HostLevel::ok) == (::geteuid() == 0));
}

TEST_CASE("a covered /proc is what keeps sandboxes away") {
  const HostReport partly = inspect_after([] {
    enter_namespaces(CLONE_NEWNS);
    cover("/proc/sys");
  });
  CHECK(missing(partly) == Names{"proc", "sandbox"});
  CHECK_THAT(of(partly, "proc").remedy, ContainsSubstring("uncover /proc"));
  CHECK(of(partly, "sandbox").remedy == of(partly, "proc").remedy);

  const HostReport wholly = inspect_after([] {
    enter_namespaces(CLONE_NEWNS);
    cover("/proc");
  });
  CHECK(missing(wholly) == Names{"proc", "sandbox"});
  CHECK(of(wholly, "proc").remedy == "mount -t proc proc /proc");
}

TEST_CASE("a user without subordinate ids cannot build images") {
  const HostReport report = inspect_after([] {
    enter_namespaces(CLONE_NEWNS);
    require(::mount("/dev/null", "/etc/subuid", nullptr, MS_BIND, nullptr) == 0, "cover subuid");
    // Root needs no subordinate ids, so the child becomes an ordinary user.
    if (::geteuid() == 0) require(::setresuid(65534, 65534, 65534) == 0, "setresuid");
  });
  CHECK(of(report, "subordinate_ids").level == HostLevel::degraded);
  CHECK(of(report, "subordinate_ids").found == "/etc/subuid grants this user none");
  CHECK(report.level() == HostLevel::degraded);
}

TEST_CASE("the room for images is that of their own file system") {
  const HostReport report = inspect_after([] {
    enter_namespaces(CLONE_NEWNS);
    cover("/mnt", "size=16m");
    ::setenv("CLOCHE_STORE", "/mnt/not/there/yet", 1);
  });
  CHECK(of(report, "store").level == HostLevel::degraded);
  CHECK(of(report, "store").found == "16 MiB free for /mnt/not/there/yet, in memory");
  const HostReport closed = inspect_after([] {
    enter_namespaces(CLONE_NEWNS);
    cover("/mnt", "", MS_RDONLY);
    ::setenv("CLOCHE_STORE", "/mnt/store", 1);
  });
  CHECK(of(closed, "store").found == "/mnt/store cannot be written: Read-only file system");
}

TEST_CASE("a manager is one that takes connections, not a socket that was left") {
  const auto prepare = [](bool listening) {
    enter_namespaces(CLONE_NEWNS);
    cover("/sys/fs/cgroup");
    cover("/run");
    std::filesystem::create_directories("/run/systemd/system");
    ::setenv("XDG_RUNTIME_DIR", "/run", 1);
    sockaddr_un address{AF_UNIX, "/run/systemd/private"};
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    if (listening) require(::listen(socket, 1) == 0, "listen");
  };
  const HostReport stale = inspect_after([&] { prepare(false); });
  CHECK(of(stale, "systemd").level == HostLevel::degraded);
  const HostReport alive = inspect_after([&] { prepare(true); });
  CHECK(of(alive, "systemd").level == HostLevel::ok);
  CHECK(of(alive, "systemd").found == "can be asked for a group, at /run/systemd/private");
}
