#include "image/build/additions.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "image/build/npm.h"
#include "util/file.h"

namespace cloche::image {

namespace {

namespace fs = std::filesystem;

Addition add_copy(const Recipe& recipe, BuildJob& job, Staging& staging, const std::string& number,
                  const std::string& to, const std::string& from) {
  const fs::path source = fs::path(recipe.directory) / from;
  std::error_code failed;
  const bool is_directory = fs::is_directory(source, failed);
  if (!is_directory && !fs::is_regular_file(source, failed))
    throw Error(ErrorKind::no_input, "build the image " + recipe.name + ": read " + source.string(),
                ENOENT);
  const std::string tar = staging.path() + "/" + number + ".tar";
  if (is_directory) {
    make_tar(recipe, job, source.string(), ".", tar);
    return {tar, to};
  }
  staging.make_directory(number, 0700);
  const fs::path target = to;
  const fs::path place = fs::path(staging.path()) / number;
  fs::copy_file(source, place / target.filename(), failed);
  if (failed) throw Error::from_errno("copy " + source.string(), failed.value());
  make_tar(recipe, job, place.string(), target.filename().string(), tar);
  return {tar, target.parent_path().string()};
}

}  // namespace

void make_tar(const Recipe& recipe, BuildJob& job, const std::string& directory,
              const std::string& member, const std::string& tar) {
  Pipe pipe = make_pipe();
  ChildSpec spec;
  spec.argv = {"tar",
               "--create",
               "--file=" + tar,
               "--format=gnu",
               "--sort=name",
               "--numeric-owner",
               "--owner=0",
               "--group=0",
               "--mode=u+rwX,go+rX,go-w",
               "--mtime=@" + std::to_string(recipe.source_date_epoch),
               "--directory=" + directory,
               "./" + member};
  spec.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
  spec.descriptors = {{1, pipe.write.get()}, {2, pipe.write.get()}};
  ChildProcess process(spec);
  pipe.write.reset();
  job.follow(process, "tar", pipe.read.get());
}

Additions gather_additions(const Recipe& recipe, BuildJob& job, Staging& staging,
                           const UnpackerProcess& unpacker,
                           const std::function<void(const std::string&)>& tell) {
  Additions additions;
  std::size_t number = 0;
  for (const NpmPackage& package : recipe.npm) {
    const std::string name = "addition-" + std::to_string(++number);
    tell("fetching " + package.name + "@" + package.version);
    const FetchedNpm fetched = fetch_npm(package, job, staging, unpacker, name);
    const std::string tar = staging.path() + "/" + name + ".tar";
    make_tar(recipe, job, fetched.directory, ".", tar);
    // Remove it early: the tar has the same content, which may be large.
    std::error_code ignored;
    fs::remove_all(staging.path() + "/" + name, ignored);
    additions.tars.push_back({tar, package.to});
    additions.npm_licenses.push_back(fetched.license);
  }
  for (const auto& [to, from] : recipe.copies)
    additions.tars.push_back(
        add_copy(recipe, job, staging, "addition-" + std::to_string(++number), to, from));
  return additions;
}

}  // namespace cloche::image
