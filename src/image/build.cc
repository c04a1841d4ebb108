#include "image/build.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>

#include "cloche/error.h"
#include "image/lock.h"
#include "image/mmdebstrap.h"
#include "image/name.h"
#include "image/recipe.h"
#include "image/source.h"
#include "image/staging.h"
#include "util/file.h"
#include "util/paths.h"
#include "util/time.h"

namespace cloche::image {

namespace {

constexpr unsigned kBuilt = 850;   // permille of the whole when mmdebstrap is done,
constexpr unsigned kPacked = 930;  // and when its tar is a layout

std::string build_directory() {
  const std::string path = cache_path() + "/build";
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) throw Error::from_errno("make the directory " + path, failed.value());
  return path;
}

Json config_document(const Recipe& recipe, const std::string& diff_id) {
  Json environment = Json::array();
  for (const auto& [name, value] : recipe.environment) environment.push_back(name + "=" + value);
  const std::string created = utc_time(recipe.source_date_epoch);
  return {
      {"created", created},
      {"architecture", host_architecture()},
      {"os", "linux"},
      {"config", {{"Env", environment}}},
      {"rootfs", {{"type", "layers"}, {"diff_ids", {diff_id}}}},
      {"history", {{{"created", created}, {"created_by", "cloche image build " + recipe.name}}}}};
}

Json descriptor(const std::string& type, const std::string& digest, std::uint64_t size) {
  return {{"mediaType", type}, {"digest", digest}, {"size", size}};
}

// Makes an OCI layout of one layer, in the staging directory `layout`, of the tar there.
void write_layout(Staging& staging, const Unpacker& unpacker, const Recipe& recipe,
                  const std::string& tar) {
  const UniqueFd layout = staging.make_directory("layout", 0700);
  staging.make_directory("layout/blobs", 0700);
  const Importer importer{staging, unpacker, staging.make_directory("layout/blobs/sha256", 0700)};
  const UniqueFd source(::open(tar.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) throw Error::from_errno("open " + tar, errno);
  const UniqueFd packed(
      ::openat(importer.blobs.get(), "packed", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!packed) throw Error::from_errno("make a file in the image store", errno);
  const Unpacked layer =
      unpacker.run("pack", "the layer of " + recipe.name, source.get(), -1, packed.get(), {});
  if (::renameat(importer.blobs.get(), "packed", importer.blobs.get(),
                 layer.digest.substr(7).c_str()) < 0)
    throw Error::from_errno("rename a blob", errno);

  const std::string config = config_document(recipe, layer.diff_id).dump();
  const Json manifest = {
      {"schemaVersion", 2},
      {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
      {"config", descriptor("application/vnd.oci.image.config.v1+json", add_blob(importer, config),
                            config.size())},
      {"layers",
       {descriptor("application/vnd.oci.image.layer.v1.tar+zstd", layer.digest, layer.size)}},
      {"annotations", {{"org.opencontainers.image.description", recipe.description}}}};
  const std::string text = manifest.dump();
  Json entry = descriptor("application/vnd.oci.image.manifest.v1+json", add_blob(importer, text),
                          text.size());
  entry["annotations"] = {{"org.opencontainers.image.ref.name", recipe.name}};
  const Json index = {{"schemaVersion", 2}, {"manifests", {entry}}};
  replace_file(staging.path() + "/layout/index.json", index.dump());
  replace_file(staging.path() + "/layout/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
}

}  // namespace

Image build(Store& store, const std::string& name, const Progress& progress, bool force) {
  check_name(name);
  const Recipe recipe = load_recipe(name);
  const auto tell = [&progress](const std::string& what, unsigned permille) {
    if (progress) progress(what, permille, 1000);
  };
  if (!force && store.contains(name)) return store.find(name);

  const std::string directory = build_directory();
  const std::string lock_path = directory + "/" + name + ".lock";
  const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!lock) throw Error::from_errno("open " + lock_path, errno);
  if (!try_lock(lock.get(), LockKind::exclusive)) {
    tell("waiting for another build of it", 0);
    wait_lock(lock.get(), LockKind::exclusive);
    if (!force && store.contains(name)) return store.find(name);
  }

  Staging staging(store.path());
  const Unpacker unpacker(staging.lock());
  const std::string tar = staging.path() + "/rootfs.tar";
  run_mmdebstrap(
      recipe, tar, directory + "/" + name + ".log",
      [&](const std::string& stage, unsigned permille) { tell(stage, permille * kBuilt / 1000); });
  tell("compressing", kBuilt);
  write_layout(staging, unpacker, recipe, tar);
  ::unlink(tar.c_str());
  return store.import(staging.path() + "/layout", name, {},
                      [&](const std::string& what, std::uint64_t done, std::uint64_t of) {
                        const std::uint64_t part = of == 0 ? 1000 : done * 1000 / of;
                        tell(what, kPacked + static_cast<unsigned>(part * (1000 - kPacked) / 1000));
                      });
}

}  // namespace cloche::image
