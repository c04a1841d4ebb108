// Hostile images: images that try to write elsewhere, that can be read in two ways, or that cost
// more than they should. The code uses no test framework, because the fuzz targets use the shapes
// as seeds, too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cloche/error.h"
#include "image/tar_writer.h"

namespace cloche::image::test {

// The target of an attack: a directory outside of the image that has a "file" and a "directory".
// The path is absolute and has no symbolic links.
struct Aim {
  std::string path;
  std::string upwards() const { return "../../../../../../../../../../../.." + path; }
};

// One image of hostile layers, and its required result: an error of one kind, or a root file system
// in which `holds` exist (as "PATH", "PATH=CONTENT" or "PATH -> TARGET") and `lacks` do not.
struct LayerShape {
  std::string name;
  std::vector<std::string> layers;  // as stored
  std::optional<ErrorKind> refused = std::nullopt;
  std::vector<std::string> holds = {};
  std::vector<std::string> lacks = {};
  std::string announced = "none";  // the compression that the media type says
  std::string content = {};        // of a compressed layer, whose digest is announced
  // A tool that must give the same result: "tar" (for one layer without whiteouts) or "umoci".
  std::string same_as = {};
};

// Paths, links and whiteouts that lead elsewhere.
std::vector<LayerShape> path_shapes(const Aim& aim);
std::vector<LayerShape> whiteout_shapes(const Aim& aim);
// Headers that lie, contradict each other, or have old forms.
std::vector<LayerShape> header_shapes(const Aim& aim);
std::vector<LayerShape> sparse_shapes();
// Compressed streams and their ends.
std::vector<LayerShape> stream_shapes();

// All of them.
std::vector<LayerShape> layer_shapes(const Aim& aim);

// Makes a gzip member by hand, so that it can be wrong: stored blocks, with the name and the
// comment that its header may have.
std::string gzip_member(const std::string& bytes, const std::string& name = {},
                        const std::string& comment = {});
// A zstd frame that decompressors skip.
std::string zstd_skippable(const std::string& bytes);

}  // namespace cloche::image::test
