// Store::pull: skopeo makes an OCI layout in a staging directory. The layout is imported like any
// other.

#include <algorithm>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/reference.h"
#include "image/source/document.h"
#include "image/source/skopeo.h"
#include "image/store/record.h"
#include "image/store/staging.h"
#include "image/tree.h"
#include "image/unpacker.h"
#include "util/json.h"

namespace cloche::image {

namespace {

// The size of the download, for the display of progress only; 0 if unknown. It may be wrong.
std::uint64_t announced_size(const Skopeo& skopeo, const std::string& reference,
                             const std::function<void()>& tick) {
  std::string from = reference;
  for (int depth = 0; depth < 2; ++depth) {
    const SortedJson json = SortedJson::parse(skopeo.manifest(from, tick), nullptr, false);
    if (!json.is_object()) return 0;
    std::uint64_t size = 0;
    if (const auto layers = json.find("layers"); layers != json.end() && layers->is_array()) {
      for (const SortedJson& layer : *layers)
        if (layer.is_object() && layer.contains("size") && layer["size"].is_number_unsigned())
          size += layer["size"].get<std::uint64_t>();
      return size;
    }
    // An index in a registry names the digests of its entries.
    const auto manifests = json.find("manifests");
    if (manifests == json.end() || !manifests->is_array() || from.rfind("docker://", 0) != 0)
      return 0;
    std::string digest;
    for (const SortedJson& entry : *manifests) {
      const Descriptor descriptor = descriptor_of(entry, "an index");
      if (digest.empty() && descriptor.architecture == host_architecture())
        digest = descriptor.digest;
    }
    if (digest.empty()) return 0;
    const std::size_t slash = from.rfind('/');
    from = from.substr(0, from.find_first_of(":@", slash)) + "@" + digest;
  }
  return 0;
}

}  // namespace

Image Store::pull(const std::string& reference, const std::string& name,
                  const PullOptions& options) {
  check_name(name);
  check_reference(reference);
  if (!options.replace) check_free(path_, name);
  Staging staging(path_);
  if (staging.path().find(':') != std::string::npos)
    throw Error(ErrorKind::unsupported, "fetch to the image store " + path_, 0,
                "skopeo takes no path with a colon");
  const UniqueFd scratch = staging.make_directory("scratch", 0700);
  const Allowance allowance(options.caps);
  const Skopeo skopeo(staging.lock(), staging.path() + "/scratch", options.tls_verify,
                      options.authfile, allowance.deadline());
  const auto tell = [&options](const std::string& what, std::uint64_t done, std::uint64_t of) {
    if (options.progress) options.progress(what, done, of);
  };
  const auto waiting = [&tell] { tell("asking the registry", 0, 0); };
  waiting();
  const std::uint64_t of = announced_size(skopeo, reference, waiting);
  const UniqueFd pulled = staging.make_directory("pulled", 0700);
  skopeo.copy(reference, staging.path() + "/pulled", [&] {
    const std::uint64_t done = tree_bytes(staging.fd(), "pulled");
    if (done > options.caps.bytes) allowance.refuse("fetch " + reference, "max-bytes");
    tell("fetching", of == 0 ? done : std::min(done, of), of);
  });
  tell("fetching", of, of);

  ImportOptions import_options;
  import_options.kind = SourceKind::layout;
  import_options.replace = options.replace;
  import_options.shown = reference;
  import_options.caps = options.caps;
  import_options.caps.time = std::max(std::chrono::milliseconds(0),
                                      std::chrono::duration_cast<std::chrono::milliseconds>(
                                          allowance.deadline() - std::chrono::steady_clock::now()));
  import_options.progress = options.progress;
  return import(staging.path() + "/pulled", name, import_options);
}

}  // namespace cloche::image
