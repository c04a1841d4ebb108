// Images: OCI in, root file systems out. Knows no sandbox.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cloche::image {

// The part of an OCI image configuration that matters at run time (image-spec, config.md).
struct Config {
  std::vector<std::string> env;  // "NAME=value"
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;  // may be empty
  std::string user;         // may be empty
};

// One layer of an image, as it is kept.
struct Layer {
  std::string digest;  // of the stored (compressed) blob: "sha256:…"
  std::string media_type;
  std::uint64_t size = 0;  // bytes of the stored blob
};

// What was in the layers and is not in the root file system, because it would give rights.
struct Dropped {
  std::uint64_t devices = 0;     // device nodes, FIFOs and sockets
  std::uint64_t set_ids = 0;     // files whose set-id bits were cleared
  std::uint64_t attributes = 0;  // extended attributes other than user.*
};

struct Image {
  std::string name;          // as given at import: "python"
  std::string digest;        // of the manifest: "sha256:…"
  std::string rootfs;        // absolute path of the unpacked root file system
  std::uint64_t bytes = 0;   // size of the unpacked files
  std::int64_t created = 0;  // when it was imported, seconds since 1970
  Config config;
  std::vector<Layer> layers;  // the lowest first
  Dropped dropped;
  // Set by Store::find: while it lives, no process removes the rootfs (a shared lock on a file).
  // It does not outlive the process; a child has to hold a copy of its own.
  std::shared_ptr<const void> lease;
};

// A user and a group, by number.
struct UserIds {
  std::uint32_t user;
  std::uint32_t group;
};

// Whom a configuration's `user` means: "name", "uid", "name:group", "uid:gid" (image-spec,
// config.md), with names looked up in the image's own /etc/passwd and /etc/group. Nothing for root
// and for an empty text: programs are never root, see cloche::User. Throws Error image_corrupt for
// a name that the image does not have.
std::optional<UserIds> find_user(const Image& image, const std::string& user);

// Called during long work: what is being done, how far, of how much (0 if unknown).
using Progress = std::function<void(const std::string& what, std::uint64_t done, std::uint64_t of)>;

// A directory of images. Safe to use from several processes at once.
//
// An ordinary user's store is $XDG_DATA_HOME/cloche/store (~/.local/share/cloche/store), root's is
// /var/lib/cloche; $CLOCHE_STORE names another. Images of root's store can be read by everyone, so
// an ordinary user's lookups fall back to it. All changes go to the own store.
class Store {
 public:
  // The store of the calling user. Creates nothing until something is written.
  static Store open_default();
  // A store at `path`, whose lookups fall back to the stores at `fallbacks`.
  explicit Store(std::string path, std::vector<std::string> fallbacks = {});

  const std::string& path() const { return path_; }

  // Costs two opens, whatever the image is and however many there are. Throws Error image_missing
  // (the hint gives the command that makes it), image_corrupt, usage (no such name can be), busy.
  Image find(const std::string& name) const;
  bool contains(const std::string& name) const;
  std::vector<Image> list() const;

  // Imports an OCI layout (directory or tar) or a `docker save` archive under `name`, replacing an
  // image of that name. `reference` picks one image of several by its tag; empty takes the only
  // one. A source of "-" is standard input. Atomic: after an error or an interruption the store is
  // as it was. The replaced image's files stay until nobody uses them. Throws Error: no_input,
  // image_corrupt, digest_mismatch, no_space, unsupported, usage, denied.
  Image import(const std::string& source, const std::string& name,
               const std::string& reference = {}, const Progress& progress = {});

  // Throws Error image_missing, busy (in use), denied (it is in another's store).
  void remove(const std::string& name);

 private:
  std::string path_;
  std::vector<std::string> fallbacks_;
};

}  // namespace cloche::image
