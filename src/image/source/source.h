// The source of an import: a directory in the form of an OCI layout or of an unpacked Docker
// archive, or a root file system.
#pragma once

#include <string>

#include "image/source/document.h"
#include "image/unpacker.h"
#include "util/fd.h"

namespace cloche::image {

// The file of an import's scratch directory that holds a root file system's tar.
inline constexpr const char* kSpool = "spool";

struct Source {
  std::string shown;  // the caller's name for it
  SourceKind kind = SourceKind::layout;
  UniqueFd directory;
  UniqueFd tar;          // of a root file system: its layer, positioned at the beginning
  bool spooled = false;  // `tar` is the file kSpool of the scratch directory
};

// The means to read a source. The caller owns the directories, which lie on one file system.
struct Importer {
  int scratch;  // an open directory for temporary files, removed by the caller
  const UnpackerProcess& unpacker;
  UniqueFd blobs;  // an open directory for verified blobs, named by their hex digits
};

// Opens a regular file of a source. Throws Error image_corrupt if it is missing, leads out of the
// source, or is no regular file.
UniqueFd open_blob(const Source& source, const std::string& path, const std::string& what);

// The text of a document that has no digest.
std::string read_text(const Source& source, const std::string& path, const std::string& what);

// The verified text of a blob, which is also copied to the importer's blobs. An empty digest and a
// negative size are not checked. `digest` becomes the blob's digest.
std::string read_blob(const Importer& importer, const Source& source, const std::string& path,
                      std::string& digest, std::int64_t size, const std::string& what);

// Adds a document made here to the importer's blobs, and returns its digest.
std::string add_blob(const Importer& importer, const std::string& text);

// Whether the source has a file of that name at its top.
bool has_file(const Source& source, const std::string& name);

// Plans the import of the image that `reference` names. Throws Error image_corrupt,
// digest_mismatch, usage (several images fit), unsupported (another architecture).
ImportPlan plan_layout(const Importer& importer, const Source& source,
                       const std::string& reference);
ImportPlan plan_docker_archive(const Importer& importer, const Source& source,
                               const std::string& reference);

// Whether `reference` names the image tagged `tag`.
bool is_referred(const std::string& tag, const std::string& reference);

}  // namespace cloche::image
