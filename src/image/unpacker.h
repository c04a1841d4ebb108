// Runs cloche-unpack, which parses hostile compressed data outside of the embedder's process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cloche/image.h"
#include "image/child_lines.h"
#include "util/fd.h"

namespace cloche::image {

// The facts that a manifest gives about a blob. Empty or negative: not given.
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
  std::uint64_t content = 0;  // bytes of the uncompressed blob
  std::uint64_t entries = 0;
  std::uint64_t dropped_devices = 0;
  std::uint64_t dropped_set_ids = 0;
  std::uint64_t dropped_xattrs = 0;
};

// The part of an import's caps that its layers have not used up.
class Allowance {
 public:
  explicit Allowance(const Caps& caps)
      : caps_(caps), left_(caps), deadline_(std::chrono::steady_clock::now() + caps.time) {}

  const Caps& caps() const { return caps_; }
  const Caps& left() const { return left_; }
  Deadline deadline() const { return deadline_; }
  // Counts the size of a layer.
  void take(const Unpacked& unpacked);
  // Throws Error too_large. cap: "max-bytes" and the like. `tried` names the work that exceeded it.
  [[noreturn]] void refuse(const std::string& tried, const std::string& cap) const;

 private:
  const Caps caps_;
  Caps left_;
  const Deadline deadline_;
};

class UnpackerProcess {
 public:
  // hold: a descriptor that the program keeps open while it runs, such as that of a lock. pool: the
  // store's directory of files that images share, or -1.
  explicit UnpackerProcess(int hold, int pool = -1, const Caps& caps = {});

  // mode: layer, rootfs, archive, files, copy, pack or tree (src/image/unpack/main.cc). source,
  // target and copy are descriptors; target and copy may be -1. `what` names the blob in errors.
  // Throws Error image_corrupt, digest_mismatch, too_large, no_space, denied, system. Layers use up
  // the allowance; other modes must stay within its rest.
  Unpacked run(const std::string& mode, const std::string& what, int source, int target, int copy,
               const Announced& announced,
               const std::function<void(std::uint64_t)>& progress = {}) const;

  // Shares files below `root` that layers wrote with equal files of other images. Call it when all
  // layers are unpacked, before the image is used. Does nothing without a pool. Throws as run()
  // does.
  void share(const std::string& what, int root) const;

  const Allowance& allowance() const { return allowance_; }

 private:
  using Descriptors = std::vector<std::pair<int, int>>;
  using Said = std::map<std::string, std::string>;
  // Runs the program and returns its report. `tried` names the purpose in errors.
  Said ask(const std::string& tried, const std::vector<std::string>& arguments,
           const Descriptors& descriptors,
           const std::function<void(std::uint64_t)>& progress) const;

  const int hold_;
  const int pool_;
  const UniqueFd list_;  // the files that layers wrote, if there is a pool
  mutable Allowance allowance_;
};

}  // namespace cloche::image
