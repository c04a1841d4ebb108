#include "image/unpacker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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

std::vector<std::string> arguments(const std::string& mode, const Announced& announced,
                                   const Caps& caps) {
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
  // To the program, 0 is "any".
  add("--max-bytes", std::to_string(std::max<std::uint64_t>(1, caps.bytes)));
  add("--max-entries", std::to_string(std::max<std::uint64_t>(1, caps.entries)));
  add("--max-path", std::to_string(caps.path));
  add("--max-depth", std::to_string(caps.depth));
  return argv;
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

Unpacked Unpacker::run(const std::string& mode, const std::string& what, int source, int target,
                       int copy, const Announced& announced,
                       const std::function<void(std::uint64_t)>& progress) const {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw Error::from_errno("make a pipe", errno);
  const UniqueFd report(ends[0]);
  UniqueFd theirs(ends[1]);
  Process::Spec spec;
  spec.argv = arguments(mode, announced, allowance_.left());
  spec.environment = {"LC_ALL=C.UTF-8", "OPENSSL_CONF=/dev/null"};
  spec.descriptors = {{0, source}, {1, theirs.get()}};
  if (target >= 0) spec.descriptors.emplace_back(3, target);
  if (copy >= 0) spec.descriptors.emplace_back(4, copy);
  if (hold_ >= 0) spec.descriptors.emplace_back(5, hold_);
  if (pool_ >= 0 && mode == "layer") spec.descriptors.emplace_back(6, pool_);
  Process process(spec);
  theirs.reset();

  std::map<std::string, std::string> said;
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
  each_line(report.get(), "unpack " + what, allowance_.deadline(), listen, tell);
  const int status = process.wait();
  const auto failed = said.find("error");
  if (failed != said.end()) {
    const std::string& text = failed->second;
    const std::string kind = text.substr(0, text.find(' '));
    const std::string rest = text.substr(std::min(text.size(), kind.size() + 1));
    if (kind == "too_large") {
      const std::string cap = rest.substr(0, rest.find(' '));
      allowance_.refuse(
          "unpack " + what + ": " + rest.substr(std::min(rest.size(), cap.size() + 1)), cap);
    }
    throw Error(kind_named(kind), "unpack " + what + ": " + rest);
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
  unpacked.content = number("content");
  unpacked.entries = number("entries");
  unpacked.dropped_devices = number("dropped_devices");
  unpacked.dropped_set_ids = number("dropped_set_ids");
  unpacked.dropped_xattrs = number("dropped_xattrs");
  if (mode == "layer") allowance_.take(unpacked);
  return unpacked;
}

}  // namespace cloche::image
