// Images: OCI in, root file systems out. Knows no sandbox.
#pragma once

#include <chrono>
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

// One layer of an image, as the store keeps it.
struct Layer {
  std::string digest;  // of the stored (compressed) blob: "sha256:…"
  std::string media_type;
  std::uint64_t size = 0;  // bytes of the stored blob
};

// Counts of things that are left out when layers are unpacked, because they give rights.
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
  bool in_use = false;  // set by Store::list: a program ran on the image at that moment
  // Set by Store::find: while this object lives, no process removes the rootfs (a shared lock on a
  // file). It does not outlive the process; a child has to hold a copy of its own.
  std::shared_ptr<const void> lease;
};

// A user and a group, by number.
struct UserIds {
  std::uint32_t user;
  std::uint32_t group;
};

// Resolves a configuration's `user`: "name", "uid", "name:group", "uid:gid" (image-spec,
// config.md), with names looked up in the image's own /etc/passwd and /etc/group. Nothing for root
// and for an empty text: programs are never root, see cloche::User. Throws Error image_corrupt for
// a name that the image does not have.
std::optional<UserIds> find_user(const Image& image, const std::string& user);

// Called during long work with what is being done, how much is done, and how much there is (0 if
// unknown): in bytes, except for a build. Also called several times a second while nothing
// advances. If it throws, the work ends, leaves nothing behind, and throws the same exception.
using Progress = std::function<void(const std::string& what, std::uint64_t done, std::uint64_t of)>;

// Limits of an import. An image that exceeds one causes Error too_large.
struct Caps {
  std::uint64_t bytes = std::uint64_t{64} << 30;  // of all layers, uncompressed; also of an archive
                                                  // that holds the image
  std::uint64_t entries = 4'000'000;              // likewise
  std::uint64_t path = 4096;                      // bytes of one path; at most 4096
  std::uint64_t depth = 256;                      // components of one path; at most 2048
  std::chrono::milliseconds time = std::chrono::hours(1);  // reading, fetching and unpacking
};

// The kind of an import's source.
enum class SourceKind {
  automatic,       // known by its content (docs/images.md)
  layout,          // an OCI layout
  docker_archive,  // an archive of `docker save`
  rootfs           // a root file system, which becomes an image of one layer
};

struct ImportOptions {
  SourceKind kind = SourceKind::automatic;
  std::string reference;  // picks one image of several by its tag; empty takes the only one
  bool replace = true;    // replaces an image of that name; if false, such an image is Error taken
  std::string shown;      // the name of the source in errors; empty: its path
  Caps caps;
  Progress progress;
};

struct PullOptions {
  bool tls_verify = true;  // false also allows a registry without TLS
  std::string authfile;    // skopeo's file of credentials; empty: skopeo's default
  bool replace = true;
  Caps caps;
  Progress progress;
};

// A difference between an image and its import, as Store::verify finds it.
struct Difference {
  std::string where;  // a path in the root file system, or a part of the store: "blob sha256:…"
  std::string what;   // the difference, in words
};

struct PruneOptions {
  // Also removes images that were imported at least so long ago and are not in use. None: removes
  // no image.
  std::optional<std::chrono::seconds> older_than;
  bool dry_run = false;  // only report what would be removed
};

struct Pruned {
  std::vector<std::string> images;  // names of removed images
  std::vector<std::string> in_use;  // names of images that would have been removed, but are in use
  // Names of images whose records cannot be read. All root file systems and blobs were kept because
  // of them, because any could belong to them.
  std::vector<std::string> unreadable;
  std::uint64_t staging = 0;  // directories that killed processes left
  std::uint64_t rootfs = 0;   // root file systems
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;  // freed by files that had no other name
};

// The documents of an image, unchanged, as JSON.
struct Documents {
  std::string manifest;
  std::string config;
};

// A directory of images. Safe to use from several processes at once.
//
// An ordinary user's store is $XDG_DATA_HOME/cloche/store (~/.local/share/cloche/store), root's is
// /var/lib/cloche; $CLOCHE_STORE names another. Everyone can read the images of root's store, so an
// ordinary user's lookups fall back to it. All changes go to the calling user's store.
class Store {
 public:
  // The store of the calling user. Creates nothing until something is written.
  static Store open_default();
  // A store at `path`, whose lookups fall back to the stores at `fallbacks`.
  explicit Store(std::string path, std::vector<std::string> fallbacks = {});

  const std::string& path() const { return path_; }

  // Takes two opens, whatever the size of the image and of the store. Throws Error image_missing
  // (the hint gives the command that makes the image), image_corrupt, usage (an invalid name),
  // busy.
  Image find(const std::string& name) const;
  bool contains(const std::string& name) const;
  // All images, by name. Names whose record cannot be read are added to `broken`.
  std::vector<Image> list(std::vector<std::string>* broken = nullptr) const;

  // Imports an OCI layout (directory or tar), a `docker save` archive or a root file system (tar or
  // directory) under `name`. A source of "-" is standard input. Atomic: after an error or an
  // interruption the store is as before. The replaced image's files stay until no program uses
  // them. Throws Error: no_input, image_corrupt, digest_mismatch, no_space, unsupported, usage,
  // denied, taken, too_large.
  Image import(const std::string& source, const std::string& name, const ImportOptions& options);
  Image import(const std::string& source, const std::string& name,
               const std::string& reference = {}, const Progress& progress = {});

  // Fetches the image that `reference` names in the form of skopeo ("docker://registry/name:tag"),
  // for this machine's platform, and imports it. Needs the program skopeo. Throws the Errors of
  // import, and unreachable, image_missing (the registry does not have it), denied.
  Image pull(const std::string& reference, const std::string& name, const PullOptions& options);

  // Writes an OCI layout of the image to a directory, or to a tar if `destination` ends in ".tar"
  // or is "-" (standard output). The layout lists the image under `reference` or, if that is empty,
  // under its name. The blobs are those of the import, and are verified while they are copied. The
  // destination must not exist; it appears whole or not at all. Throws Error: image_missing,
  // digest_mismatch, taken, denied, no_space.
  void export_to(const std::string& name, const std::string& destination,
                 const std::string& reference = {}, const Progress& progress = {}) const;

  // Compares an image with its blobs, and the blobs with their digests. Returns all differences.
  // For that it unpacks the image once more, into tmp of the calling user's store, and changes
  // nothing.
  std::vector<Difference> verify(const std::string& name, const Progress& progress = {}) const;

  // Removes everything that no image needs: abandoned staging directories, root file systems,
  // blobs, shared files. Also removes images if the options say so.
  Pruned prune(const PruneOptions& options);

  // Throws Error image_missing, image_corrupt.
  Documents documents(const std::string& name) const;

  // Throws Error image_missing, busy (in use), denied (it is in another user's store).
  void remove(const std::string& name);

 private:
  std::vector<std::string> all() const;  // its own path and the fallbacks

  std::string path_;
  std::vector<std::string> fallbacks_;
};

}  // namespace cloche::image
