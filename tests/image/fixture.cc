#include "fixture.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "image/process.h"
#include "image/tree.h"
#include "util/lookup.h"

namespace cloche {

std::ostream& operator<<(std::ostream& out, ErrorKind kind) {
  static const char* const names[] = {
      "usage",           "bad_data",    "no_input",  "image_missing", "image_corrupt",
      "digest_mismatch", "no_space",    "denied",    "unsupported",   "busy",
      "taken",           "unreachable", "too_large", "system",        "internal"};
  return out << names[static_cast<int>(kind)];
}

}  // namespace cloche

namespace cloche::image::test {

namespace fs = std::filesystem;

Directory::Directory() : path_("/tmp/cloche-image-XXXXXX") {
  REQUIRE(::mkdtemp(path_.data()) != nullptr);
  ::chmod(path_.c_str(), 0755);
}

Directory::~Directory() {
  remove_tree(AT_FDCWD, path_);
}

std::string digest(const std::string& bytes) {
  unsigned char value[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), value, &size, EVP_sha256(), nullptr);
  std::string text = "sha256:";
  for (unsigned int i = 0; i < size; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", value[i]);
    text += digits;
  }
  return text;
}

std::string hex(const std::string& digest) {
  return digest.substr(7);
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::vector<std::string> listing(const std::string& path) {
  std::vector<std::string> lines;
  if (!exists(path)) return lines;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    std::string line = entry.path().string().substr(path.size());
    if (entry.is_symlink()) {
      line += " -> " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      line += " " + std::to_string(entry.file_size());
    }
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

pid_t start_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int status = 99;
    try {
      status = work();
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "%s\n", failure.what());
    }
    ::_exit(status);
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

int in_child(const std::function<int()>& work) {
  return wait_for(start_child(work));
}

int run_tool(const Directory& directory, const std::vector<std::string>& argv) {
  ChildSpec spec;
  spec.argv = argv;
  spec.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + directory.path(),
                      "TMPDIR=" + directory.path(), "XDG_RUNTIME_DIR=" + directory.path()};
  spec.descriptors = {{2, 2}};
  const int status = ChildProcess(spec).wait();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool missing(const std::string& program) {
  if (!find_program(program).empty()) return false;
  WARN("skipped: " + program + " is not installed");
  return true;
}

std::string architecture() {
  struct utsname host {};
  ::uname(&host);
  const std::string machine = host.machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

Layout::Layout(std::string path) : path_(std::move(path)) {
  fs::create_directories(path_ + "/blobs/sha256");
  write(path_ + "/oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}");
}

Json Layout::blob(const std::string& bytes, const std::string& media_type) {
  write(path_ + "/blobs/sha256/" + hex(digest(bytes)), bytes);
  return {{"mediaType", media_type}, {"digest", digest(bytes)}, {"size", bytes.size()}};
}

void Layout::layer(const std::string& tar_bytes, const std::string& how) {
  layers.push_back(blob(compressed(tar_bytes, how), "application/vnd.oci.image.layer.v1.tar" +
                                                        (how == "none" ? "" : "+" + how)));
  diff_ids.push_back(digest(tar_bytes));
}

Json Layout::manifest(const Json& more_config) {
  Json config = {{"architecture", architecture()},
                 {"os", "linux"},
                 {"config",
                  {{"Env", {"A=1", "B=two words"}},
                   {"WorkingDir", "/srv"},
                   {"User", "app"},
                   {"Entrypoint", {"/entry"}},
                   {"Cmd", {"run"}}}},
                 {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}};
  config.update(more_config);
  const Json manifest = {
      {"schemaVersion", 2},
      {"config", blob(config.dump(), "application/vnd.oci.image.config.v1+json")},
      {"layers", layers}};
  return blob(manifest.dump(), "application/vnd.oci.image.manifest.v1+json");
}

void Layout::list(Json descriptor, const std::string& tag) {
  if (!tag.empty()) descriptor["annotations"] = {{"org.opencontainers.image.ref.name", tag}};
  manifests.push_back(std::move(descriptor));
  const Json index = {{"schemaVersion", 2}, {"manifests", manifests}};
  write(path_ + "/index.json", index.dump());
}

std::string import_layers(const Directory& directory, const std::vector<std::vector<Entry>>& layers,
                          const std::string& how) {
  Layout layout(directory / "layout");
  for (const std::vector<Entry>& entries : layers) layout.layer(tar(entries), how);
  layout.finish();
  Store store(directory / "store");
  return store.import(layout.path(), "image").rootfs;
}

Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  throw std::logic_error("not reached");
}

}  // namespace cloche::image::test
