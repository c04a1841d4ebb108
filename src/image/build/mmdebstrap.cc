#include "image/build/mmdebstrap.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <regex>

#include "cloche/error.h"
#include "util/fd.h"
#include "util/lookup.h"

namespace cloche::image {

namespace {

// mmdebstrap's stages, in order, and the part of the total time at the end of each.
struct Stage {
  const char* said;
  const char* shown;
  unsigned until;
};
constexpr Stage kStages[] = {
    {"running apt-get update", "reading package lists", 150},
    {"downloading packages", "downloading packages", 400},
    {"extracting archives", "extracting packages", 480},
    {"installing essential packages", "installing essential packages", 620},
    {"installing remaining packages", "installing packages", 920},
    {"cleaning package lists", "cleaning up", 940},
    {"creating tarball", "writing the image", 990},
};

std::vector<std::string> environment(const Recipe& recipe) {
  std::vector<std::string> list;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    const std::string name = variable.substr(0, variable.find('='));
    if (name.compare(0, 3, "LC_") != 0 && name != "LANG" && name != "LANGUAGE" && name != "PATH" &&
        name != "SOURCE_DATE_EPOCH")
      list.push_back(variable);
  }
  const char* path = std::getenv("PATH");
  // An ordinary user's PATH may lack the directories of dpkg's helpers.
  list.push_back("PATH=" + std::string(path == nullptr ? "/usr/bin:/bin" : path) +
                 ":/usr/local/sbin:/usr/sbin:/sbin");
  list.push_back("LC_ALL=C.UTF-8");
  list.push_back("ANSI_COLORS_DISABLED=1");  // its lines are parsed and logged
  list.push_back("SOURCE_DATE_EPOCH=" + std::to_string(recipe.source_date_epoch));
  return list;
}

}  // namespace

bool MmdebstrapProgress::is_progress(const std::string& line) {
  static const std::regex form("(?:\x1b\\[2K)*(.*?) *([0-9]+)\\.[0-9]+(?: \\[[=> ]*\\])?");
  std::smatch match;
  if (!std::regex_match(line, match, form)) return line == "\x1b[2Kdone";
  const unsigned percent = static_cast<unsigned>(std::min(100L, std::atol(match[2].str().c_str())));
  tell_(stage_, from_ + (to_ - from_) * percent / 100);
  return true;
}

std::string MmdebstrapProgress::feed(const std::string& bytes) {
  std::string log;
  for (const char byte : bytes) {
    if (byte != '\n' && byte != '\r') {
      pending_ += byte;
      continue;
    }
    const std::string line = std::move(pending_);
    pending_.clear();
    if (line.empty() || is_progress(line)) continue;
    log += line + "\n";
    unsigned before = 10;
    for (const Stage& stage : kStages) {
      if (line.find(stage.said) != std::string::npos && line.compare(0, 3, "I: ") == 0) {
        stage_ = stage.shown;
        from_ = before;
        to_ = stage.until;
        tell_(stage_, from_);
      }
      before = stage.until;
    }
  }
  return log;
}

void check_mmdebstrap(const Recipe& recipe) {
  const std::string what = "build the image " + recipe.name;
  const auto needs = [&what](const char* program, const char* package) {
    if (find_program(program).empty())
      throw Error(ErrorKind::unsupported, what + ": " + program + " is missing", 0,
                  std::string("apt-get install ") + package);
  };
  needs("mmdebstrap", "mmdebstrap");
  if (::geteuid() == 0) return;
  needs("newuidmap", "uidmap");
  if (!has_subordinate_ids("/etc/subuid") || !has_subordinate_ids("/etc/subgid"))
    throw Error(ErrorKind::unsupported, what + ": this user has no subordinate ids", 0,
                "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER, or "
                "build the image as root");
}

void run_mmdebstrap(const Recipe& recipe, const BuildExchange& exchange, const std::string& tar,
                    BuildJob& job,
                    const std::function<void(const std::string&, unsigned)>& progress) {
  // mmdebstrap shows progress only on a terminal. On a narrow one it uses the shortest form.
  int ends[2];
  winsize size{24, 25, 0, 0};
  if (::openpty(&ends[0], &ends[1], nullptr, nullptr, &size) < 0)
    throw Error::from_errno("open a pseudo-terminal", errno);
  const UniqueFd master(ends[0]);
  UniqueFd terminal(ends[1]);
  ::fcntl(master.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(terminal.get(), F_SETFD, FD_CLOEXEC);

  ChildSpec spec;
  spec.argv = mmdebstrap_arguments(recipe, exchange, tar, ::geteuid() == 0);
  spec.environment = environment(recipe);
  spec.descriptors = {{1, terminal.get()}, {2, terminal.get()}};
  // The other ids of an unshared build must be able to enter the working directory.
  spec.directory = "/";
  // Not SIGKILL: mmdebstrap must unmount and clean up.
  spec.on_parent_death = SIGTERM;
  // The first process of mmdebstrap does not pass signals on.
  spec.own_group = true;
  // A killed mmdebstrap would otherwise leave this host's /proc and /sys mounted in a directory of
  // /tmp.
  spec.own_mounts = true;
  ChildProcess process(spec);
  terminal.reset();

  MmdebstrapProgress parser(progress);
  job.follow(process, "mmdebstrap", master.get(),
             [&parser](const std::string& bytes) { return parser.feed(bytes); });
}

}  // namespace cloche::image
