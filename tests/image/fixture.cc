#include "fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
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

namespace {

void put(std::string& header, std::size_t at, std::size_t size, const std::string& text) {
  header.replace(at, std::min(size, text.size()), text.substr(0, size));
}

std::string octal(std::uint64_t value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
  return text;
}

std::string block(const std::string& name, char type, const std::string& link, std::size_t size,
                  unsigned mode) {
  std::string header(512, '\0');
  put(header, 0, 100, name);
  put(header, 100, 8, octal(mode, 7));
  put(header, 108, 8, octal(1234, 7));
  put(header, 116, 8, octal(1234, 7));
  put(header, 124, 12, octal(size, 11));
  put(header, 136, 12, octal(1700000000, 11));
  put(header, 148, 8, "        ");
  header[156] = type;
  put(header, 157, 100, link);
  put(header, 257, 8, std::string("ustar\00000", 8));
  put(header, 329, 8, octal(1, 7));
  put(header, 337, 8, octal(3, 7));
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  put(header, 148, 8, octal(sum, 6) + std::string("\0 ", 2));
  return header;
}

std::string padded(const std::string& bytes) {
  return bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

std::string pax_record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t size = rest.size() + 1;
  while (std::to_string(size).size() + rest.size() != size)
    size = std::to_string(size).size() + rest.size();
  return std::to_string(size) + rest;
}

}  // namespace

std::string tar(const std::vector<Entry>& entries) {
  std::string bytes;
  for (const Entry& entry : entries) {
    std::string records;
    for (const auto& [key, value] : entry.pax) records += pax_record(key, value);
    if (entry.name.size() > 100) records += pax_record("path", entry.name);
    if (entry.link.size() > 100) records += pax_record("linkpath", entry.link);
    if (!records.empty()) bytes += block("pax", 'x', "", records.size(), 0644) + padded(records);
    bytes += block(entry.name, entry.type, entry.link, entry.content.size(), entry.mode) +
             padded(entry.content);
  }
  return bytes + std::string(1024, '\0');
}

std::string compressed(const std::string& bytes, const std::string& how) {
  if (how == "none") return bytes;
  std::string result(bytes.size() + 65536, '\0');
  std::size_t used = 0;
  archive* handle = archive_write_new();
  archive_write_set_format_raw(handle);
  if (how == "gzip") {
    archive_write_add_filter_gzip(handle);
    archive_write_set_options(handle, "gzip:!timestamp");  // the same bytes each time
  } else {
    archive_write_add_filter_zstd(handle);
  }
  archive_write_set_bytes_in_last_block(handle, 1);
  REQUIRE(archive_write_open_memory(handle, result.data(), result.size(), &used) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "x");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(handle, entry);
  archive_write_data(handle, bytes.data(), bytes.size());
  archive_entry_free(entry);
  REQUIRE(archive_write_close(handle) == ARCHIVE_OK);
  archive_write_free(handle);
  result.resize(used);
  return result;
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

std::vector<std::string> snapshot(const std::string& path) {
  std::vector<std::string> lines;
  if (!exists(path)) return lines;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    std::string line = entry.path().string().substr(path.size());
    if (line.ends_with("/lock") || line == "/lock" || line.rfind("/pool/", 0) == 0) continue;
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) < 0) continue;
    line += " " + octal(status.st_mode, 7);
    if (S_ISLNK(status.st_mode)) line += " -> " + fs::read_symlink(entry.path()).string();
    if (S_ISREG(status.st_mode)) line += " " + digest(read(entry.path().string()));
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
  Process::Spec spec;
  spec.argv = argv;
  spec.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + directory.path(),
                      "TMPDIR=" + directory.path(), "XDG_RUNTIME_DIR=" + directory.path()};
  spec.descriptors = {{2, 2}};
  const int status = Process(spec).wait();
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
