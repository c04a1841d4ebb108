// Runs cloche-unpack, which does what must not happen in the embedder's process: parsing what
// strangers compressed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "cloche/image.h"

namespace cloche::image {

// What a blob was announced as. Empty or negative: not said.
struct Announced {
  std::string digest;
  std::string integrity;  // SHA-512, "sha512-<base64>"
  std::string diff_id;
  std::int64_t size = -1;
  std::string compression = "any";  // none, gzip, zstd, any
};

struct Unpacked {
  std::string digest;
  std::string diff_id;
  std::uint64_t size = 0;
  std::string compression;
  std::uint64_t dropped_devices = 0;
  std::uint64_t dropped_set_ids = 0;
  std::uint64_t dropped_xattrs = 0;
};

// The most that is taken from one layer or archive.
inline constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 30;
inline constexpr std::uint64_t kMaxEntries = 4'000'000;

class Unpacker {
 public:
  // hold: a descriptor that the program keeps open while it runs, such as that of a lock. pool: the
  // store's directory of files that images share, or -1.
  explicit Unpacker(int hold, int pool = -1) : hold_(hold), pool_(pool) {}

  // mode: layer, archive, copy or pack. source, target and copy are descriptors; target and copy
  // may be -1. `what` names the blob in errors. Throws Error image_corrupt, digest_mismatch,
  // no_space, denied, system.
  Unpacked run(const std::string& mode, const std::string& what, int source, int target, int copy,
               const Announced& announced,
               const std::function<void(std::uint64_t)>& progress = {}) const;

 private:
  int hold_;
  int pool_;
};

}  // namespace cloche::image
