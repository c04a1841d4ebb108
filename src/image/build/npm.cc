#include "image/build/npm.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "image/source/document.h"
#include "image/tree.h"
#include "util/file.h"
#include "util/json.h"
#include "util/lookup.h"

namespace cloche::image {

namespace {

constexpr std::uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

std::string shown(const NpmPackage& package) {
  return "the npm package " + package.name + "@" + package.version;
}

// Downloads the tarball with npm into `directory` and returns its path.
std::string download(const NpmPackage& package, BuildJob& job, const std::string& directory) {
  Pipe pipe = make_pipe();
  ChildSpec spec;
  // Errors are shown, notices of newer versions are not. npm runs in a directory without
  // package.json and .npmrc, so no settings apply.
  spec.argv = {"npm",
               "pack",
               "--loglevel=error",
               "--no-update-notifier",
               "--ignore-scripts",
               "--pack-destination=" + directory,
               package.name + "@" + package.version};
  for (char** entry = environ; *entry != nullptr; ++entry) spec.environment.emplace_back(*entry);
  spec.descriptors = {{1, pipe.write.get()}, {2, pipe.write.get()}};
  spec.directory = directory;
  spec.own_group = true;
  ChildProcess process(spec);
  pipe.write.reset();
  job.follow(process, "npm pack " + package.name + "@" + package.version, pipe.read.get());
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".tgz") return entry.path().string();
  throw Error(ErrorKind::system, "fetch " + shown(package), 0, "npm pack left no tarball");
}

UniqueFd unpack(const NpmPackage& package, const UnpackerProcess& unpacker, Staging& staging,
                int tarball, const std::string& directory, const std::string& integrity) {
  UniqueFd target = staging.make_directory(directory, 0700);
  Announced announced;
  announced.integrity = integrity;
  unpacker.run("files", shown(package), tarball, target.get(), -1, announced);
  return target;
}

// A tarball has one directory at its top, which is usually called "package".
std::string only_directory(const std::string& directory) {
  std::vector<std::filesystem::directory_entry> entries;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) entries.push_back(entry);
  if (entries.size() == 1 &&
      entries[0].symlink_status().type() == std::filesystem::file_type::directory)
    return entries[0].path().string();
  return directory;
}

UniqueFd open_beneath(int directory, const std::string& path) {
  UniqueFd file = open_within(directory, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, kBeneath);
  struct stat status {};
  if (file && (::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode))) file.reset();
  return file;
}

std::string license_of(int directory, const std::string& what) {
  const UniqueFd file = open_beneath(directory, "package.json");
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) < 0 ||
      static_cast<std::uint64_t>(status.st_size) > kMaxDocument)
    return {};
  const SortedJson json = parse_document(read_all(file.get(), what), what);
  const auto found = json.find("license");
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

void check_npm(const Recipe& recipe) {
  if (!recipe.npm.empty() && find_program("npm").empty())
    throw Error(ErrorKind::unsupported, "build the image " + recipe.name + ": npm is missing", 0,
                "apt-get install npm");
}

FetchedNpm fetch_npm(const NpmPackage& package, BuildJob& job, Staging& staging,
                     const UnpackerProcess& unpacker, const std::string& name) {
  staging.make_directory(name, 0700);
  const std::string path = staging.path() + "/" + name;
  const std::string tarball = download(package, job, path);
  const UniqueFd source(::open(tarball.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!source) throw Error::from_errno("open " + tarball, errno);
  unpack(package, unpacker, staging, source.get(), name + "/content", package.integrity);
  ::unlink(tarball.c_str());

  FetchedNpm fetched;
  fetched.directory = only_directory(path + "/content");
  const UniqueFd directory(
      ::open(fetched.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!directory) throw Error::from_errno("open " + fetched.directory, errno);
  fetched.license = license_of(directory.get(), "package.json of " + shown(package));
  if (package.archive.empty()) return fetched;

  const UniqueFd archive = open_beneath(directory.get(), package.archive);
  if (!archive)
    throw Error(ErrorKind::bad_data, "unpack " + shown(package), 0,
                "it has no file " + package.archive);
  unpack(package, unpacker, staging, archive.get(), name + "/archive", {});
  fetched.directory = only_directory(path + "/archive");
  return fetched;
}

}  // namespace cloche::image
