// Images: OCI in, root file systems out. Knows no sandbox.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cloche::image {

// The part of an OCI image configuration that matters at run time (image-spec, config.md).
struct Config {
  std::vector<std::string> env;         // "NAME=value"
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;              // may be empty
  std::string user;                     // may be empty
};

struct Image {
  std::string name;            // as given at import: "python"
  std::string digest;          // of the manifest: "sha256:…"
  std::string rootfs;          // absolute path of the unpacked root file system
  std::uint64_t bytes = 0;     // size of the unpacked files
  std::int64_t created = 0;    // when it was imported, seconds since 1970
  Config config;
  // Set by Store::find: while it lives, no process removes the rootfs (a shared flock(2)).
  std::shared_ptr<const void> lease;
};

// Called during long work: what is being done, how far, of how much (0 if unknown).
using Progress = std::function<void(const std::string& what, std::uint64_t done, std::uint64_t of)>;

// A directory of images. Safe to use from several processes at once.
//
// An ordinary user's store is $XDG_DATA_HOME/cloche (~/.local/share/cloche), root's is
// /var/lib/cloche; $CLOCHE_STORE names another. Images of root's store can be read by everyone, so
// an ordinary user's lookups fall back to it. All changes go to the own store.
class Store {
 public:
  // The store of the calling user. Creates nothing until something is written.
  static Store open_default();
  // A store at `path`, whose lookups fall back to the stores at `fallbacks`.
  explicit Store(std::string path, std::vector<std::string> fallbacks = {});

  const std::string& path() const { return path_; }

  // Costs one open of one small file. Throws Error image_missing (the hint gives the command that
  // makes it), image_corrupt.
  Image find(const std::string& name) const;
  bool contains(const std::string& name) const;
  std::vector<Image> list() const;

  // Imports an OCI layout (directory or tar) or a `docker save` archive under `name`, replacing an
  // image of that name. `reference` picks one image of several by its tag; empty takes the only one.
  // Atomic: after an error or an interruption the store is as it was.
  // Throws Error: no_input, image_corrupt, digest_mismatch, no_space, usage.
  Image import(const std::string& source, const std::string& name,
               const std::string& reference = {}, const Progress& progress = {});

  // Throws image_missing.
  void remove(const std::string& name);

 private:
  std::string path_;
  std::vector<std::string> fallbacks_;
};

}  // namespace cloche::image
