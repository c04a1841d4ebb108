// Hostile images, by the dozen: what somebody may hand in who wants to write elsewhere, to be read
// in two ways, or to cost more than they are worth. Made without any test framework, for the fuzz
// targets start from them too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cloche/error.h"
#include "image/tar_writer.h"

namespace cloche::image::test {

// Where a shape wants to get to: a directory outside the image's that has a "file" and a
// "directory". Absolute, without symbolic links in it.
struct Aim {
  std::string path;
  std::string upwards() const { return "../../../../../../../../../../../.." + path; }
};

// One image of hostile layers. What it must come to: an error of one kind, or a root file system
// in which `holds` are there (as "PATH", "PATH=CONTENT" or "PATH -> TARGET") and `lacks` are not.
struct LayerShape {
  std::string name;
  std::vector<std::string> layers;  // as they are stored
  std::optional<ErrorKind> refused = std::nullopt;
  std::vector<std::string> holds = {};
  std::vector<std::string> lacks = {};
  std::string announced = "none";  // the compression that the media type says
  std::string content = {};        // of a compressed layer, to announce its digest
  // A tool that makes the same of it: "tar" (of one layer without whiteouts) or "umoci".
  std::string same_as = {};
};

// Paths, links and whiteouts that lead elsewhere.
std::vector<LayerShape> path_shapes(const Aim& aim);
std::vector<LayerShape> whiteout_shapes(const Aim& aim);
// Headers that lie, contradict each other, or are of another time.
std::vector<LayerShape> header_shapes(const Aim& aim);
std::vector<LayerShape> sparse_shapes();
// Compressed streams and their ends.
std::vector<LayerShape> stream_shapes();

// All of them.
std::vector<LayerShape> layer_shapes(const Aim& aim);

// Compressed by hand, so that it can be wrong: one gzip member of stored blocks, with the name and
// the comment that its header may carry.
std::string gzip_member(const std::string& bytes, const std::string& name = {},
                        const std::string& comment = {});
// A zstd frame that decompressors skip.
std::string zstd_skippable(const std::string& bytes);

}  // namespace cloche::image::test
