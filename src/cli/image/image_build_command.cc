#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/exit_status.h"
#include "cli/image/image_check.h"
#include "cli/image/image_command.h"
#include "cli/image/progress_board.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "image/build/build.h"
#include "image/build/build_job.h"
#include "image/build/recipe.h"
#include "util/fd.h"

namespace cloche::cli {

namespace {

using image::Image;
using image::Store;

struct BuildCommand {
  std::vector<std::string> names;
  std::string progress = "auto";
  unsigned jobs = 0;
  bool all = false;
  bool force = false;
  bool check = false;
  bool only_names = false;
};

// In its first third a build waits for the network; in the rest it keeps one processor busy. More
// than four builds at once would mostly wait for the disk and burden the mirror.
unsigned default_jobs() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
}

UniqueFd make_event() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
  if (!fd) throw Error::from_errno("make an eventfd", errno);
  return fd;
}

void raise_event(const UniqueFd& fd) {
  const std::uint64_t one = 1;
  static_cast<void>(::write(fd.get(), &one, sizeof one) < 0);
}

// Builds several images at once, each on a thread of its own.
class Builds {
 public:
  Builds(std::vector<std::string> names, const BuildCommand& options)
      : options_(options),
        names_(std::move(names)),
        board_(ProgressBoard::parse(options.progress)),
        cancel_(make_event()),
        finished_(make_event()) {}

  // The exit status.
  int run() {
    StopSignals stop;  // before the threads: they inherit that these signals are blocked
    // A closed standard error must not end the builds.
    std::signal(SIGPIPE, SIG_IGN);
    const std::size_t jobs = options_.jobs == 0 ? default_jobs() : options_.jobs;
    running_ = std::min(jobs, names_.size());
    std::vector<std::thread> threads;
    for (std::size_t i = running_; i > 0; --i) threads.emplace_back([this] { work(); });
    pollfd watched[2] = {{stop.fd(), POLLIN, 0}, {finished_.get(), POLLIN, 0}};
    while (running_ > 0 && ::poll(watched, 2, -1) < 0 && errno == EINTR) {
    }
    const int signal = stop.received();
    if (signal != 0) raise_event(cancel_);
    for (std::thread& thread : threads) thread.join();
    if (signal != 0) {
      std::fprintf(stderr, "cloche: interrupted; nothing of what was under way is in the store\n");
      return 128 + signal;
    }
    return summary();
  }

 private:
  struct FailedBuild {
    std::string name;
    std::string why;
    ErrorKind kind;
  };

  void work() {
    for (std::size_t i = next_++; i < names_.size() && !cancelled(); i = next_++) make(names_[i]);
    if (--running_ == 0) raise_event(finished_);
  }

  bool cancelled() const {
    pollfd watched{cancel_.get(), POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
  }

  void make(const std::string& name) {
    try {
      const std::string line = build(name);
      if (options_.check)
        check_image(name, cancel_.get(), [&](const std::string& command, const std::string& said) {
          board_.finish(name, name + ": " + command + ": " + said, false);
        });
      board_.finish(name, line, false);
    } catch (const image::Cancelled&) {
      // Reported once, for all of them.
    } catch (const Error& error) {
      if (cancelled()) return;
      failed(name, error.kind(), std::string("cannot ") + error.what());
    } catch (const std::exception& error) {
      failed(name, ErrorKind::internal, error.what());
    }
  }

  std::string build(const std::string& name) {
    Store store = Store::open_default();
    if (!options_.force && image::is_current(store, image::load_recipe(name))) {
      ++there_;
      return name + ": exists (--force builds it anew)";
    }
    const auto began = std::chrono::steady_clock::now();
    image::BuildOptions how;
    how.force = options_.force;
    how.cancel_fd = cancel_.get();
    how.progress = [&](const std::string& what, std::uint64_t done, std::uint64_t of) {
      board_.update(name, what, done, of);
    };
    const Image made = image::build(store, name, how);
    ++built_;
    char text[96];
    std::snprintf(text, sizeof text, "built in %.1f s, %.1f MB",
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(),
                  static_cast<double>(made.bytes) / 1e6);
    return name + ": " + text + ", " + made.digest;
  }

  void failed(const std::string& name, ErrorKind kind, const std::string& why) {
    board_.finish(name, "cloche: " + why, true);
    const std::lock_guard<std::mutex> held(mutex_);
    failures_.push_back({name, why, kind});
  }

  int summary() const {
    if (names_.size() > 1) {
      std::printf("%u built, %u there already, %zu failed\n", built_.load(), there_.load(),
                  failures_.size());
      flush_output();
      // Repeat the failures at the end: many lines may follow the first one.
      for (const FailedBuild& failure : failures_)
        std::fprintf(stderr, "%s: %s\n", failure.name.c_str(), failure.why.c_str());
    }
    if (failures_.empty()) return 0;
    const ErrorKind kind = failures_.front().kind;
    const bool alike = std::all_of(failures_.begin(), failures_.end(),
                                   [kind](const FailedBuild& each) { return each.kind == kind; });
    return exit_status(alike ? kind : ErrorKind::system);
  }

  const BuildCommand& options_;
  const std::vector<std::string> names_;
  ProgressBoard board_;
  const UniqueFd cancel_;
  const UniqueFd finished_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> running_ = 0;
  std::atomic<unsigned> built_ = 0;
  std::atomic<unsigned> there_ = 0;
  std::mutex mutex_;
  std::vector<FailedBuild> failures_;
};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const std::string& name : image::recipe_names()) {
    const image::Recipe recipe = image::load_recipe(name);
    if (recipe.supplied.empty()) {
      names.push_back(name);
    } else {
      std::printf("%s: skipped: %s\n", name.c_str(), recipe.supplied.c_str());
    }
  }
  flush_output();
  return names;
}

int build(const BuildCommand& options) {
  if (options.only_names) {
    for (const std::string& name : image::recipe_names()) std::printf("%s\n", name.c_str());
    return 0;
  }
  ProgressBoard::parse(options.progress);
  if (!options.all && options.names.empty()) {
    std::string list;
    for (const std::string& name : image::recipe_names()) list += (list.empty() ? "" : ", ") + name;
    throw Error(ErrorKind::usage, "build images: none is named", 0,
                "there are: " + list + "; or --all");
  }
  std::vector<std::string> names = options.all ? all_names() : options.names;
  // Checks all names before the first build starts.
  for (const std::string& name : options.names) image::check_buildable(image::load_recipe(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return Builds(std::move(names), options).run();
}

}  // namespace

void add_image_build_command(CLI::App& image, std::function<int()>& action) {
  // The command outlives this function, so its parsed values must, too.
  const auto options = std::make_shared<BuildCommand>();
  CLI::App* app = image.add_subcommand("build", "Build images from packages");
  app->add_option("NAME", options->names, "the images: directories of rootfs/");
  app->add_flag("--all", options->all, "build all of them");
  app->add_flag("--force", options->force, "build images again that already exist");
  app->add_flag("--check", options->check,
                "then run the checks of the recipe, also for an existing image");
  app->add_flag("--names", options->only_names)->group("");  // of recipes, for completion
  app->add_option("--jobs,-j", options->jobs,
                  "how many at once (default: the number of processors, at most 4)")
      ->check(CLI::Range(1, 64));
  app->add_option("--progress", options->progress, "auto, plain, json or none (default: auto)");
  app->callback([options, &action] { action = [options] { return build(*options); }; });
}

}  // namespace cloche::cli
