// The documents of images: OCI layouts and Docker archives.
//
// The first byte is "o" for a layout, "d" for an archive, and anything else for the configuration
// alone. The importer reads the pieces of the rest one after the other: functions that return these
// pieces replace the reading of files and cloche-unpack's verification of digests.
#include "fuzz.h"
#include "image/source/source.h"

using namespace cloche::image;
using cloche::ErrorKind;

namespace {

std::vector<std::string> documents;
std::size_t next_document;

std::string take(const std::string& what) {
  if (next_document == documents.size()) corrupt(what, "it is missing");
  return documents[next_document++];
}

}  // namespace

namespace cloche::image {

std::string read_text(const Source&, const std::string&, const std::string& what) {
  return take(what);
}

std::string read_blob(const Importer&, const Source&, const std::string& path, std::string& digest,
                      std::int64_t size, const std::string& what) {
  fuzz::demand(!path.empty(), "a blob has a path");
  fuzz::demand(size >= -1, "a size is said, or -1");
  if (digest.empty()) digest = "sha256:" + std::string(64, '0');
  return take(what);
}

}  // namespace cloche::image

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  documents = fuzz::pieces(fuzz::text_of(data + 1, size - 1));
  next_document = 0;
  static const UnpackerProcess unpacker(-1);
  static const Importer importer{-1, unpacker, {}};
  static const Source source{"the input", {}};
  const std::string reference = documents.size() > 4 ? documents[4] : std::string();
  fuzz::accepts({ErrorKind::image_corrupt, ErrorKind::usage, ErrorKind::unsupported}, [&] {
    if (data[0] != 'o' && data[0] != 'd') {
      config_of(documents.front(), "the input");
      return;
    }
    const bool layout = data[0] == 'o';
    const ImportPlan plan = layout ? plan_layout(importer, source, reference)
                                   : plan_docker_archive(importer, source, reference);
    fuzz::demand(plan.layers.size() == plan.config.diff_ids.size(), "each layer has its diff id");
    for (const PlannedLayer& layer : plan.layers) {
      check_digest(layer.diff_id, "a diff id");
      if (!layout) continue;
      fuzz::demand(layer.path == "blobs/sha256/" + hex_of(layer.digest),
                   "a blob lies in its place");
      fuzz::demand(layer.size >= 0 && !layer.compression.empty(), "a layer's size is known");
    }
  });
  return 0;
}
