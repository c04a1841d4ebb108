#include "image/mmdebstrap.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>

#include "cloche/error.h"
#include "image/process.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/lookup.h"

namespace cloche::image {

namespace {

// mmdebstrap's own stages, in order, and how much of the time they take together with all before.
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

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char byte : text) result += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return result + "'";
}

std::string apt_text(const std::string& text) {
  return "\"" + text + "\"";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

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
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  // An ordinary user's PATH may lack where Debian keeps dpkg's helpers.
  list.push_back("PATH=" + std::string(path == nullptr ? "/usr/bin:/bin" : path) +
                 ":/usr/local/sbin:/usr/sbin:/sbin");
  list.push_back("LC_ALL=C.UTF-8");
  list.push_back("ANSI_COLORS_DISABLED=1");  // its lines are read, and kept in a log
  list.push_back("SOURCE_DATE_EPOCH=" + (epoch == nullptr ? std::to_string(recipe.source_date_epoch)
                                                          : std::string(epoch)));
  return list;
}

void check_host(const Recipe& recipe) {
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

// The last lines of a log that say something.
std::string tail(const std::string& text) {
  constexpr std::size_t kLines = 12;
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end > start) lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  std::string last;
  for (std::size_t i = lines.size() > kLines ? lines.size() - kLines : 0; i < lines.size(); ++i)
    last += "\n  " + lines[i];
  return last;
}

[[noreturn]] void failed(const Recipe& recipe, int status, const std::string& said,
                         const std::string& log) {
  const bool full = said.find("No space left on device") != std::string::npos ||
                    said.find("enough free space") != std::string::npos;
  throw Error(full ? ErrorKind::no_space : ErrorKind::system,
              "build the image " + recipe.name + ": mmdebstrap ended with " + ending(status) +
                  ", having said:" + tail(said),
              full ? ENOSPC : 0, "all it said is in " + log);
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

std::vector<std::string> mmdebstrap_arguments(const Recipe& recipe, const std::string& tar,
                                              bool as_root) {
  std::vector<std::string> argv = {"mmdebstrap",
                                   as_root ? "--mode=root" : "--mode=unshare",
                                   "--variant=" + recipe.variant,
                                   "--components=" + joined(recipe.components),
                                   "--format=tar",
                                   "--aptopt=APT::Install-Recommends " + apt_text("false")};
  if (!recipe.packages.empty()) argv.push_back("--include=" + joined(recipe.packages));
  for (const std::string& path : recipe.exclude) argv.push_back("--dpkgopt=path-exclude=" + path);
  for (const std::string& path : recipe.include) argv.push_back("--dpkgopt=path-include=" + path);
  for (const auto& [path, content] : recipe.files)
    argv.push_back("--customize-hook=mkdir -p \"$(dirname \"$1\"" + quoted(path) +
                   ")\" && printf %s " + quoted(content) + " > \"$1\"" + quoted(path));
  for (const std::vector<std::string>& command : recipe.prewarm) {
    std::string line = "--customize-hook=chroot \"$1\"";
    for (const std::string& argument : command) line += " " + quoted(argument);
    argv.push_back(line);
  }
  // Unquoted, for the shell to expand the pattern: a recipe's patterns hold nothing else that it
  // would act on.
  for (const std::string& path : recipe.remove)
    argv.push_back("--customize-hook=rm -rf \"$1\"" + path);
  argv.push_back(recipe.suite);
  argv.push_back(tar);
  return argv;
}

void run_mmdebstrap(const Recipe& recipe, const std::string& tar, const std::string& log,
                    const std::function<void(const std::string&, unsigned)>& progress) {
  check_host(recipe);
  UniqueFd log_fd(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!log_fd) throw Error::from_errno("create " + log, errno);
  // mmdebstrap only shows how far it is where it writes to a terminal, and in the least room if
  // that is narrow.
  int ends[2];
  winsize size{24, 25, 0, 0};
  if (::openpty(&ends[0], &ends[1], nullptr, nullptr, &size) < 0)
    throw Error::from_errno("open a pseudo-terminal", errno);
  const UniqueFd master(ends[0]);
  UniqueFd terminal(ends[1]);
  ::fcntl(master.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(terminal.get(), F_SETFD, FD_CLOEXEC);

  Process::Spec spec;
  spec.argv = mmdebstrap_arguments(recipe, tar, ::geteuid() == 0);
  spec.environment = environment(recipe);
  spec.descriptors = {{1, terminal.get()}, {2, terminal.get()}};
  // A working directory that the other ids of an unshared build can enter too.
  spec.directory = "/";
  // Not SIGKILL: it unmounts and cleans up after itself.
  spec.on_parent_death = SIGTERM;
  Process process(spec);
  terminal.reset();

  std::string said;
  MmdebstrapProgress parser([&](const std::string& stage, unsigned permille) {
    if (progress) progress(stage, permille);
  });
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(master.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;  // EIO: all ends of the terminal are closed
    const std::string lines = parser.feed(std::string(buffer, static_cast<std::size_t>(count)));
    write_all(log_fd.get(), lines, log);
    said += lines;
  }
  const int status = process.wait();
  if (status != 0) failed(recipe, status, said, log);
}

}  // namespace cloche::image
