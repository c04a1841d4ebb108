#include "image/build/build.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "cloche/error.h"
#include "image/build/additions.h"
#include "image/build/build_job.h"
#include "image/build/mmdebstrap.h"
#include "image/build/npm.h"
#include "image/build/package_list.h"
#include "image/build/recipe.h"
#include "image/build/sbom.h"
#include "image/reference.h"
#include "image/source/source.h"
#include "image/store/lock.h"
#include "image/store/staging.h"
#include "util/file.h"
#include "util/json.h"
#include "util/paths.h"
#include "util/time.h"

namespace cloche::image {

namespace {

constexpr unsigned kBuilt = 850;   // permille of the whole build when mmdebstrap is done,
constexpr int kLockPause = 100;    // ms between two checks whether another build has ended
constexpr unsigned kPacked = 930;  // permille when its tar has become a layout

// The annotation of the manifest that holds the fingerprint of the image's recipe.
constexpr const char* kRecipeAnnotation = "org.cloche.recipe";

std::string build_directory() {
  const std::string path = cache_path() + "/build";
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) throw Error::from_errno("make the directory " + path, failed.value());
  return path;
}

SortedJson descriptor(const std::string& type, const std::string& digest, std::uint64_t size) {
  return {{"mediaType", type}, {"digest", digest}, {"size", size}};
}

// An OCI layout that is made in the directory `layout` of a staging directory.
class LayoutWriter {
 public:
  LayoutWriter(Staging& staging, const UnpackerProcess& unpacker, const Recipe& recipe)
      : staging_(staging),
        recipe_(recipe),
        layout_(staging.make_directory("layout", 0700)),
        blobs_(staging.make_directory("layout/blobs", 0700)),
        importer_{staging.fd(), unpacker, staging.make_directory("layout/blobs/sha256", 0700)} {}

  // Adds the tar at `path` as the next layer. Returns the digest of its uncompressed content.
  std::string add_layer(const std::string& path, const std::string& how) {
    const UniqueFd source(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source) throw Error::from_errno("open " + path, errno);
    const int blobs = importer_.blobs.get();
    const UniqueFd packed(::openat(blobs, "packed", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!packed) throw Error::from_errno("make a file in the image store", errno);
    const Unpacked layer = importer_.unpacker.run("pack", "the layer of " + recipe_.name,
                                                  source.get(), -1, packed.get(), {}, on_progress);
    if (::renameat(blobs, "packed", blobs, hex_of(layer.digest).c_str()) < 0)
      throw Error::from_errno("rename a blob", errno);
    ::unlink(path.c_str());  // the file may be large
    layers_.push_back(
        descriptor("application/vnd.oci.image.layer.v1.tar+zstd", layer.digest, layer.size));
    diff_ids_.push_back(layer.diff_id);
    history_.push_back({{"created", utc_time(recipe_.source_date_epoch)}, {"created_by", how}});
    return layer.diff_id;
  }

  // Gets the number of bytes of a layer that are packed. May throw.
  std::function<void(std::uint64_t)> on_progress;

  // The digest that the text would have. Adds nothing to the layout.
  std::string digest_of(const std::string& text) const {
    const UniqueFd file = memory_file(text);
    return importer_.unpacker.run("copy", "a document", file.get(), -1, -1, {}).digest;
  }

  void finish(const SortedJson& annotations) {
    const std::string config = config_document().dump();
    const SortedJson manifest = {{"schemaVersion", 2},
                                 {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                                 {"config", descriptor("application/vnd.oci.image.config.v1+json",
                                                       add_blob(importer_, config), config.size())},
                                 {"layers", layers_},
                                 {"annotations", annotations}};
    const std::string text = manifest.dump();
    SortedJson entry = descriptor("application/vnd.oci.image.manifest.v1+json",
                                  add_blob(importer_, text), text.size());
    entry["annotations"] = {{"org.opencontainers.image.ref.name", recipe_.name}};
    const SortedJson index = {{"schemaVersion", 2}, {"manifests", {entry}}};
    replace_file(staging_.path() + "/layout/index.json", index.dump());
    replace_file(staging_.path() + "/layout/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
  }

 private:
  SortedJson config_document() const {
    SortedJson environment = SortedJson::array();
    for (const auto& [name, value] : recipe_.environment) environment.push_back(name + "=" + value);
    return {{"created", utc_time(recipe_.source_date_epoch)},
            {"architecture", host_architecture()},
            {"os", "linux"},
            {"config", {{"Env", environment}}},
            {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids_}}},
            {"history", history_}};
  }

  Staging& staging_;
  const Recipe& recipe_;
  const UniqueFd layout_;
  const UniqueFd blobs_;
  const Importer importer_;
  SortedJson layers_ = SortedJson::array();
  SortedJson diff_ids_ = SortedJson::array();
  SortedJson history_ = SortedJson::array();
};

std::string created_by(const Recipe& recipe) {
  return "cloche image build " + recipe.name;
}

// Writes the root file system as one layer and its bill of materials as another, so that the bill
// can be fetched alone.
void write_layout(Staging& staging, const UnpackerProcess& unpacker, const Recipe& recipe,
                  BuildJob& job, const std::string& tar, const std::string& package_list,
                  const Additions& additions) {
  LayoutWriter layout(staging, unpacker, recipe);
  layout.on_progress = [&job](std::uint64_t) { job.check(); };
  const std::string content = layout.add_layer(tar, created_by(recipe));
  const std::string sbom = make_sbom(recipe, content, parse_package_list(read_file(package_list)),
                                     additions.npm_licenses);
  replace_file(staging.path() + "/sbom/" + kSbomPath, sbom);
  const std::string sbom_tar = staging.path() + "/sbom.tar";
  make_tar(recipe, job, staging.path() + "/sbom", "usr", sbom_tar);
  layout.add_layer(sbom_tar, "bill of materials");
  layout.finish({{"org.opencontainers.image.description", recipe.description},
                 {kRecipeAnnotation, recipe.fingerprint},
                 {kSbomAnnotation, std::string("/") + kSbomPath},
                 {kSbomDigestAnnotation, layout.digest_of(sbom)}});
}

}  // namespace

bool is_current(const Store& store, const Recipe& recipe) {
  if (!store.contains(recipe.name)) return false;
  const Image image = store.find(recipe.name);
  // <store>/rootfs/<digest>/root, in either store.
  const std::filesystem::path in = std::filesystem::path(image.rootfs) / "../../../blobs/sha256";
  SortedJson manifest;
  SortedJson config;
  try {
    manifest = parse_document(read_file(in / hex_of(image.digest)), "the manifest");
    const std::string digest = manifest.at("config").at("digest").get<std::string>();
    check_digest(digest, "the configuration");
    config = parse_document(read_file(in / hex_of(digest)), "the configuration");
    const SortedJson& annotations = manifest.value("annotations", SortedJson::object());
    if (annotations.contains(kRecipeAnnotation))
      return annotations.at(kRecipeAnnotation) == recipe.fingerprint;
    // Without the annotation, an image that cloche built is older than the annotation and not
    // current. An image of another origin counts as current.
    return config.at("history").at(0).at("created_by") != created_by(recipe);
  } catch (const std::exception&) {
    return true;  // its origin cannot be known
  }
}

void check_buildable(const Recipe& recipe) {
  if (!recipe.supplied.empty())
    throw Error(ErrorKind::unsupported, "build the image " + recipe.name, 0, recipe.supplied);
  check_mmdebstrap(recipe);
  check_npm(recipe);
}

Image build(Store& store, const std::string& name, const BuildOptions& options) {
  check_name(name);
  const Recipe recipe = load_recipe(name);
  if (!options.force && is_current(store, recipe)) return store.find(name);
  check_buildable(recipe);

  const std::string directory = build_directory();
  const std::string lock_path = directory + "/" + name + ".lock";
  const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) throw Error::from_errno("open " + lock_path, errno);
  if (!try_lock(lock.get(), LockKind::exclusive)) {
    if (options.progress) options.progress("waiting for another build of it", 0, 1000);
    pollfd cancelled{options.cancel_fd, POLLIN, 0};
    while (!try_lock(lock.get(), LockKind::exclusive))
      if (::poll(&cancelled, 1, kLockPause) > 0) throw Cancelled(name);
    if (!options.force && is_current(store, recipe)) return store.find(name);
  }

  BuildJob job(name, directory + "/" + name + ".log", options.cancel_fd);
  const auto tell = [&](const std::string& what, unsigned permille) {
    job.check();
    if (options.progress) options.progress(what, permille, 1000);
  };
  Staging staging(store.path());
  const UnpackerProcess unpacker(staging.lock());
  const Additions additions = gather_additions(recipe, job, staging, unpacker,
                                               [&tell](const std::string& what) { tell(what, 0); });
  const std::string tar = staging.path() + "/rootfs.tar";
  const BuildExchange exchange{additions.tars, staging.path() + "/packages"};
  run_mmdebstrap(recipe, exchange, tar, job, [&](const std::string& stage, unsigned permille) {
    tell(stage, permille * kBuilt / 1000);
  });
  for (const Addition& addition : additions.tars) ::unlink(addition.tar.c_str());
  tell("compressing", kBuilt);
  write_layout(staging, unpacker, recipe, job, tar, exchange.package_list, additions);
  return store.import(staging.path() + "/layout", name, {},
                      [&](const std::string& what, std::uint64_t done, std::uint64_t of) {
                        const std::uint64_t part = of == 0 ? 1000 : done * 1000 / of;
                        tell(what, kPacked + static_cast<unsigned>(part * (1000 - kPacked) / 1000));
                      });
}

}  // namespace cloche::image
