#include "image/source/skopeo.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

#include "image/process.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/lookup.h"

namespace cloche::image {

namespace {

constexpr const char* kProgram = "skopeo";

// The environment of this process: it names the user's credentials, proxies and certificates.
std::vector<std::string> environment(const std::string& scratch) {
  std::vector<std::string> list = {"TMPDIR=" + scratch};
  for (char** each = environ; *each != nullptr; ++each)
    if (std::string(*each).compare(0, 7, "TMPDIR=") != 0) list.emplace_back(*each);
  return list;
}

std::string content(const UniqueFd& fd) {
  ::lseek(fd.get(), 0, SEEK_SET);
  return read_all(fd.get(), "the output of skopeo");
}

// The value of a field in skopeo's log, `msg="…"`; empty if there is none.
std::string field(const std::string& line, const std::string& name) {
  const std::size_t start = line.find(name + "=\"");
  if (start == std::string::npos) return {};
  std::string text;
  for (std::size_t at = start + name.size() + 2; at < line.size() && line[at] != '"'; ++at) {
    const bool escaped = line[at] == '\\' && at + 1 < line.size();
    if (escaped) ++at;
    const bool blank = escaped && (line[at] == 'n' || line[at] == 't');
    if (!blank || !text.ends_with(' ')) text += blank ? ' ' : line[at];
  }
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string hint_of(ErrorKind kind, const std::string& reason) {
  if (reason.find("HTTP response to HTTPS") != std::string::npos ||
      reason.find("x509") != std::string::npos || reason.find("tls:") != std::string::npos)
    return "--tls-verify=false accepts a registry without TLS or with a self-signed certificate";
  // skopeo looks for credentials below $XDG_RUNTIME_DIR; without that, in a place that only root
  // may use.
  if (reason.find("auth.json") != std::string::npos)
    return "set XDG_RUNTIME_DIR, or give --authfile FILE";
  switch (kind) {
    case ErrorKind::unreachable:
      return "is the registry's name right, and is it up?";
    case ErrorKind::denied:
      return "skopeo login REGISTRY stores credentials; --authfile names another file of them";
    case ErrorKind::image_missing:
      return "are the repository and the tag right?";
    default:
      return {};
  }
}

}  // namespace

void check_reference(const std::string& reference) {
  static constexpr std::array<const char*, 10> kTransports = {
      "containers-storage", "dir",    "docker", "docker-archive", "docker-daemon", "oci",
      "oci-archive",        "ostree", "sif",    "tarball"};
  const std::string transport = reference.substr(0, reference.find(':'));
  // "python:3.12" only looks as if it had a transport. "other://x" has one, which a later skopeo
  // may know.
  if (transport.size() < reference.size() && !reference.starts_with("-") &&
      (reference.find("://") != std::string::npos ||
       std::find(kTransports.begin(), kTransports.end(), transport) != kTransports.end()))
    return;
  throw Error(ErrorKind::usage, "fetch " + reference, 0,
              "a reference has a transport, such as docker://" + reference);
}

std::string skopeo_reason(const std::string& said) {
  std::string reason;
  std::size_t start = 0;
  while (start < said.size()) {
    const std::size_t end = std::min(said.find('\n', start), said.size());
    const std::string line = said.substr(start, end - start);
    const std::string message = field(line, "msg");
    // skopeo writes the first cause last.
    if (!line.empty()) reason = message.empty() ? line : message;
    start = end + 1;
  }
  // The message names the reference already.
  const std::string prefix = "Error parsing image name \"";
  const std::size_t named = reason.find("\": ");
  if (reason.rfind(prefix, 0) == 0 && named != std::string::npos) reason.erase(0, named + 3);
  constexpr std::size_t kMost = 600;
  if (reason.size() > kMost) reason = reason.substr(0, kMost) + "...";
  return reason;
}

ErrorKind skopeo_kind(const std::string& reason) {
  // The first match counts, because the text of a server may quote anything.
  static constexpr std::array<std::pair<const char*, ErrorKind>, 41> kKinds = {{
      {"invalid image name", ErrorKind::usage},
      {"invalid reference format", ErrorKind::usage},
      {"unsupported transport", ErrorKind::usage},
      {"unknown transport", ErrorKind::usage},
      {"no space left", ErrorKind::no_space},
      {"disk quota exceeded", ErrorKind::no_space},
      {"connection refused", ErrorKind::unreachable},
      {"no such host", ErrorKind::unreachable},
      {"server misbehaving", ErrorKind::unreachable},
      {"name resolution", ErrorKind::unreachable},
      {"network is unreachable", ErrorKind::unreachable},
      {"no route to host", ErrorKind::unreachable},
      {"i/o timeout", ErrorKind::unreachable},
      {"timeout exceeded", ErrorKind::unreachable},
      {"connection reset", ErrorKind::unreachable},
      {"connection timed out", ErrorKind::unreachable},
      {"handshake", ErrorKind::unreachable},
      {"x509:", ErrorKind::unreachable},
      {"tls:", ErrorKind::unreachable},
      {"http response to https", ErrorKind::unreachable},
      {"malformed http", ErrorKind::unreachable},
      {"cannot connect to the docker daemon", ErrorKind::unreachable},
      {"bad gateway", ErrorKind::unreachable},
      {"service unavailable", ErrorKind::unreachable},
      {"unauthorized", ErrorKind::denied},
      {"authentication required", ErrorKind::denied},
      {"username/password", ErrorKind::denied},
      {"access to the resource is denied", ErrorKind::denied},
      {"denied", ErrorKind::denied},
      {"forbidden", ErrorKind::denied},
      {"is rejected by policy", ErrorKind::denied},
      {"digest did not match", ErrorKind::digest_mismatch},
      {"does not match the expected digest", ErrorKind::digest_mismatch},
      {"manifest unknown", ErrorKind::image_missing},
      {"name unknown", ErrorKind::image_missing},
      {"not found", ErrorKind::image_missing},
      {"no descriptor found", ErrorKind::image_missing},
      {"does not resolve to an image", ErrorKind::image_missing},
      {"no image found in", ErrorKind::unsupported},
      {"no such file or directory", ErrorKind::no_input},
      {": eof", ErrorKind::unreachable},
  }};
  std::string small = reason;
  std::transform(small.begin(), small.end(), small.begin(),
                 [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  for (const auto& [text, kind] : kKinds)
    if (small.find(text) != std::string::npos) return kind;
  return ErrorKind::system;
}

Skopeo::Skopeo(int hold, std::string scratch, bool tls_verify, std::string authfile,
               Deadline deadline)
    : hold_(hold),
      scratch_(std::move(scratch)),
      tls_verify_(tls_verify),
      authfile_(std::move(authfile)),
      deadline_(deadline) {
  if (find_program(kProgram).empty())
    throw Error(ErrorKind::unsupported, "start skopeo, which fetches images", 0,
                "it is not in PATH; install it: apt-get install skopeo");
}

std::string Skopeo::manifest(const std::string& reference,
                             const std::function<void()>& tick) const {
  std::vector<std::string> argv = {kProgram, "inspect", "--raw"};
  if (!tls_verify_) argv.emplace_back("--tls-verify=false");
  if (!authfile_.empty()) argv.insert(argv.end(), {"--authfile", authfile_});
  argv.insert(argv.end(), {"--", reference});
  return run(argv, "find " + reference, tick);
}

void Skopeo::copy(const std::string& reference, const std::string& path,
                  const std::function<void()>& tick) const {
  std::vector<std::string> argv = {kProgram, "copy", "--quiet"};
  if (!tls_verify_) argv.emplace_back("--src-tls-verify=false");
  if (!authfile_.empty()) argv.insert(argv.end(), {"--authfile", authfile_});
  argv.insert(argv.end(), {"--", reference, "oci:" + path + ":image"});
  run(argv, "fetch " + reference, tick);
}

std::string Skopeo::run(std::vector<std::string> argv, const std::string& tried,
                        const std::function<void()>& tick) const {
  const UniqueFd out = memory_file("");
  const UniqueFd said = memory_file("");
  // The program writes nothing to this pipe. Its end shows that the program has ended.
  Pipe pipe = make_pipe();
  ChildSpec spec;
  spec.argv = std::move(argv);
  spec.environment = environment(scratch_);
  spec.descriptors = {{1, out.get()}, {2, said.get()}, {3, pipe.write.get()}, {4, hold_}};
  ChildProcess process(spec);
  pipe.write.reset();
  each_line(
      pipe.read.get(), tried, deadline_, [](const std::string&) {}, tick);
  const int status = process.wait();
  if (status == 0) return content(out);
  const std::string reason = skopeo_reason(content(said));
  const ErrorKind kind = skopeo_kind(reason);
  throw Error(kind, tried + ": skopeo: " + (reason.empty() ? ending(status) : reason), 0,
              hint_of(kind, reason));
}

}  // namespace cloche::image
