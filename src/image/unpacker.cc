#include "image/unpacker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "cloche/error.h"
#include "image/process.h"
#include "util/fd.h"
#include "util/paths.h"

namespace cloche::image {

namespace {

ErrorKind kind_named(const std::string& name) {
  if (name == "image_corrupt") return ErrorKind::image_corrupt;
  if (name == "digest_mismatch") return ErrorKind::digest_mismatch;
  if (name == "no_space") return ErrorKind::no_space;
  if (name == "denied") return ErrorKind::denied;
  if (name == "usage") return ErrorKind::internal;
  return ErrorKind::system;
}

// Calls `line` for each line that comes through `fd`, until its end.
void each_line(int fd, const std::function<void(const std::string&)>& line) {
  std::string pending;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error::from_errno("read from the unpacker", errno);
    if (count == 0) return;
    pending.append(buffer, static_cast<std::size_t>(count));
    std::size_t end = 0;
    while ((end = pending.find('\n')) != std::string::npos) {
      line(pending.substr(0, end));
      pending.erase(0, end + 1);
    }
  }
}

std::vector<std::string> arguments(const std::string& mode, const Announced& announced) {
  std::vector<std::string> argv = {helper_path("cloche-unpack"), mode};
  const auto add = [&argv](const std::string& name, const std::string& value) {
    argv.push_back(name);
    argv.push_back(value);
  };
  if (!announced.digest.empty()) add("--digest", announced.digest);
  if (!announced.integrity.empty()) add("--integrity", announced.integrity);
  if (!announced.diff_id.empty()) add("--diff-id", announced.diff_id);
  if (announced.size >= 0) add("--size", std::to_string(announced.size));
  add("--compression", announced.compression);
  add("--max-bytes", std::to_string(kMaxBytes));
  add("--max-entries", std::to_string(kMaxEntries));
  return argv;
}

}  // namespace

Unpacked Unpacker::run(const std::string& mode, const std::string& what, int source, int target,
                       int copy, const Announced& announced,
                       const std::function<void(std::uint64_t)>& progress) const {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw Error::from_errno("make a pipe", errno);
  const UniqueFd report(ends[0]);
  UniqueFd theirs(ends[1]);
  Process::Spec spec;
  spec.argv = arguments(mode, announced);
  spec.environment = {"LC_ALL=C.UTF-8", "OPENSSL_CONF=/dev/null"};
  spec.descriptors = {{0, source}, {1, theirs.get()}};
  if (target >= 0) spec.descriptors.emplace_back(3, target);
  if (copy >= 0) spec.descriptors.emplace_back(4, copy);
  if (hold_ >= 0) spec.descriptors.emplace_back(5, hold_);
  if (pool_ >= 0 && mode == "layer") spec.descriptors.emplace_back(6, pool_);
  Process process(spec);
  theirs.reset();

  std::map<std::string, std::string> said;
  each_line(report.get(), [&](const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string key = line.substr(0, space);
    const std::string value = space == std::string::npos ? std::string() : line.substr(space + 1);
    if (key == "progress") {
      if (progress) progress(std::strtoull(value.c_str(), nullptr, 10));
    } else {
      said[key] = value;
    }
  });
  const int status = process.wait();
  const auto failed = said.find("error");
  if (failed != said.end()) {
    const std::size_t space = failed->second.find(' ');
    throw Error(kind_named(failed->second.substr(0, space)),
                "unpack " + what + ": " + failed->second.substr(space + 1));
  }
  if (status != 0 || said.count("done") == 0)
    throw Error(ErrorKind::system, "unpack " + what, 0,
                "cloche-unpack ended with " + ending(status));
  const auto number = [&said](const char* key) {
    return std::strtoull(said[key].c_str(), nullptr, 10);
  };
  Unpacked unpacked;
  unpacked.digest = said["digest"];
  unpacked.diff_id = said["diff_id"];
  unpacked.size = number("size");
  unpacked.compression = said["compression"];
  unpacked.dropped_devices = number("dropped_devices");
  unpacked.dropped_set_ids = number("dropped_set_ids");
  unpacked.dropped_xattrs = number("dropped_xattrs");
  return unpacked;
}

}  // namespace cloche::image
