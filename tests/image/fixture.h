// Tools for tests of images: temporary directories, tars of any shape, and layouts made of them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cloche/error.h"
#include "cloche/image.h"
#include "tar_writer.h"

namespace cloche::image::test {

using Json = nlohmann::json;

// A new directory that others may enter. It is removed at the end with its content.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// "sha256:…"
std::string digest(const std::string& bytes);
std::string hex(const std::string& digest);

void write(const std::string& path, const std::string& bytes);
std::string read(const std::string& path);
bool exists(const std::string& path);  // a dangling symbolic link does too
// Every path below `path` with its type and size, to see whether anything changed.
std::vector<std::string> listing(const std::string& path);

// The architecture of this machine, as OCI names it.
std::string architecture();

// An OCI layout that is filled step by step, so that a test can change any step.
class Layout {
 public:
  explicit Layout(std::string path);
  const std::string& path() const { return path_; }

  // Stores a blob and returns its descriptor.
  Json blob(const std::string& bytes, const std::string& media_type);
  // Adds a layer to the image that is being made.
  void layer(const std::string& tar_bytes, const std::string& how = "gzip");
  // The configuration and manifest of the layers so far.
  Json manifest(const Json& more_config = Json::object());
  // Lists a manifest in index.json, under a tag unless that is empty.
  void list(Json descriptor, const std::string& tag = {});
  // manifest() and list() in one call.
  void finish(const std::string& tag = {}) { list(manifest(), tag); }

  Json layers = Json::array();
  Json diff_ids = Json::array();
  Json manifests = Json::array();

 private:
  std::string path_;
};

// Imports an image of these layers into a new store below `directory`. Returns the path of the root
// file system.
std::string import_layers(const Directory& directory, const std::vector<std::vector<Entry>>& layers,
                          const std::string& how = "none");

// The status of a child process that ran `work`, as waitpid(2) gives it. An exception ends the
// child with status 99.
int in_child(const std::function<int()>& work);
// Starts a child process that runs `work`. The caller must wait for it.
pid_t start_child(const std::function<int()>& work);
int wait_for(pid_t child);

// Runs a third-party program and returns its exit status. Its errors are shown. `directory` is its
// home.
int run_tool(const Directory& directory, const std::vector<std::string>& argv);
// Warns and returns true if a program is not installed.
bool missing(const std::string& program);

// The error that `work` throws. Fails the test if it throws none.
Error error_of(const std::function<void()>& work);

}  // namespace cloche::image::test

namespace cloche {
// For Catch2 to show.
std::ostream& operator<<(std::ostream& out, ErrorKind kind);
}  // namespace cloche
