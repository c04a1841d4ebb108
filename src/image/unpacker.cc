#include "image/unpacker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "cloche/error.h"
#include "image/process.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::image {

namespace {

constexpr int kMostThreads = 12;  // of cloche-unpack

ErrorKind kind_named(const std::string& name) {
  if (name == "image_corrupt") return ErrorKind::image_corrupt;
  if (name == "digest_mismatch") return ErrorKind::digest_mismatch;
  if (name == "no_space") return ErrorKind::no_space;
  if (name == "denied") return ErrorKind::denied;
  if (name == "usage") return ErrorKind::internal;
  return ErrorKind::system;
}

// The verb for errors.
std::string act(const std::string& mode, int copy) {
  if (mode == "copy") return copy >= 0 ? "copy " : "read ";
  return mode == "pack" || mode == "tree" ? "pack " : "unpack ";
}

bool is_layer(const std::string& mode) {
  return mode == "layer" || mode == "rootfs";
}

void add(std::vector<std::string>& argv, const std::string& name, const std::string& value) {
  argv.push_back(name);
  argv.push_back(value);
}

std::vector<std::string> arguments(const std::string& mode, const Announced& announced,
                                   const Caps& caps) {
  std::vector<std::string> argv = {mode};
  if (!announced.digest.empty()) add(argv, "--digest", announced.digest);
  if (!announced.integrity.empty()) add(argv, "--integrity", announced.integrity);
  if (!announced.diff_id.empty()) add(argv, "--diff-id", announced.diff_id);
  if (announced.size >= 0) add(argv, "--size", std::to_string(announced.size));
  add(argv, "--compression", announced.compression);
  // The program reads 0 as "unlimited".
  add(argv, "--max-bytes", std::to_string(std::max<std::uint64_t>(1, caps.bytes)));
  add(argv, "--max-entries", std::to_string(std::max<std::uint64_t>(1, caps.entries)));
  add(argv, "--max-path", std::to_string(caps.path));
  add(argv, "--max-depth", std::to_string(caps.depth));
  return argv;
}

// The list of files of the layers: a file without a name, in the same file system as the layers.
UniqueFd new_list(int pool) {
  if (pool < 0) return {};
  UniqueFd fd(::openat(pool, ".", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600));
  if (!fd && errno == EOPNOTSUPP) {
    fd.reset(::memfd_create("files", MFD_CLOEXEC));
    ::fcntl(fd.get(), F_SETFL, O_APPEND);
  }
  if (!fd) throw Error::from_errno("make a file in the image store", errno);
  return fd;
}

}  // namespace

void Allowance::take(const Unpacked& unpacked) {
  left_.bytes -= std::min(left_.bytes, unpacked.content);
  left_.entries -= std::min(left_.entries, unpacked.entries);
}

void Allowance::refuse(const std::string& tried, const std::string& cap) const {
  const std::map<std::string, std::string> most = {
      {"max-bytes", std::to_string(caps_.bytes) + " bytes in all"},
      {"max-entries", std::to_string(caps_.entries) + " entries in all"},
      {"max-path", std::to_string(caps_.path) + " bytes of a path"},
      {"max-depth", std::to_string(caps_.depth) + " parts of a path"}};
  const auto found = most.find(cap);
  throw Error(ErrorKind::too_large, tried, 0,
              found == most.end() ? std::string()
                                  : "at most " + found->second + "; --" + cap + " allows more");
}

UnpackerProcess::UnpackerProcess(int hold, int pool, const Caps& caps)
    : hold_(hold), pool_(pool), list_(new_list(pool)), allowance_(caps) {}

UnpackerProcess::Said UnpackerProcess::ask(
    const std::string& tried, const std::vector<std::string>& arguments,
    const Descriptors& descriptors, const std::function<void(std::uint64_t)>& progress) const {
  Pipe pipe = make_pipe();
  ChildSpec spec;
  spec.argv = {helper_path("cloche-unpack")};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  // Seconds of processor time: as much as all threads together can use until the deadline.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(allowance_.caps().time).count();
  add(spec.argv, "--max-seconds", std::to_string(kMostThreads * (seconds + 1)));
  spec.environment = {"LC_ALL=C.UTF-8", "OPENSSL_CONF=/dev/null"};
  spec.descriptors = descriptors;
  spec.descriptors.emplace_back(1, pipe.write.get());
  if (hold_ >= 0) spec.descriptors.emplace_back(5, hold_);
  ChildProcess process(spec);
  pipe.write.reset();

  Said said;
  std::uint64_t done = 0;
  const auto tell = [&] {
    if (progress) progress(done);
  };
  const auto listen = [&](const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string key = line.substr(0, space);
    const std::string value = space == std::string::npos ? std::string() : line.substr(space + 1);
    if (key == "progress") {
      done = std::strtoull(value.c_str(), nullptr, 10);
      tell();
    } else {
      said[key] = value;
    }
  };
  each_line(pipe.read.get(), tried, allowance_.deadline(), listen, tell);
  const int status = process.wait();
  const auto failed = said.find("error");
  if (failed != said.end()) {
    const std::string& text = failed->second;
    const std::string kind = text.substr(0, text.find(' '));
    const std::string rest = text.substr(std::min(text.size(), kind.size() + 1));
    if (kind == "too_large") {
      const std::string cap = rest.substr(0, rest.find(' '));
      allowance_.refuse(tried + ": " + rest.substr(std::min(rest.size(), cap.size() + 1)), cap);
    }
    throw Error(kind_named(kind), tried + ": " + rest);
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    throw Error(ErrorKind::too_large, tried + ": it takes too long", 0, "--max-time allows more");
  if (status != 0 || said.count("done") == 0)
    throw Error(ErrorKind::system, tried, 0, "cloche-unpack ended with " + ending(status));
  return said;
}

Unpacked UnpackerProcess::run(const std::string& mode, const std::string& what, int source,
                              int target, int copy, const Announced& announced,
                              const std::function<void(std::uint64_t)>& progress) const {
  Descriptors descriptors = {{0, source}};
  if (target >= 0) descriptors.emplace_back(3, target);
  if (copy >= 0) descriptors.emplace_back(4, copy);
  if (list_ && is_layer(mode)) descriptors.emplace_back(6, list_.get());
  Said said = ask(act(mode, copy) + what, arguments(mode, announced, allowance_.left()),
                  descriptors, progress);
  const auto number = [&said](const char* key) {
    return std::strtoull(said[key].c_str(), nullptr, 10);
  };
  Unpacked unpacked;
  unpacked.digest = said["digest"];
  unpacked.diff_id = said["diff_id"];
  unpacked.size = number("size");
  unpacked.compression = said["compression"];
  unpacked.content = number("content");
  unpacked.entries = number("entries");
  unpacked.dropped_devices = number("dropped_devices");
  unpacked.dropped_set_ids = number("dropped_set_ids");
  unpacked.dropped_xattrs = number("dropped_xattrs");
  if (is_layer(mode)) allowance_.take(unpacked);
  return unpacked;
}

void UnpackerProcess::share(const std::string& what, int root) const {
  if (!list_) return;
  ask("share the files of " + what, {"share"}, {{0, list_.get()}, {3, root}, {7, pool_}}, {});
}

}  // namespace cloche::image
