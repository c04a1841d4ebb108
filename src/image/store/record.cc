#include "image/store/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cloche/error.h"
#include "image/reference.h"
#include "image/tree.h"
#include "util/file.h"
#include "util/json.h"

namespace cloche::image {

namespace {

constexpr int kVersion = 1;

SortedJson to_json(const ImageRecord& record) {
  const Image& image = record.image;
  SortedJson layers = SortedJson::array();
  for (const Layer& layer : image.layers)
    layers.push_back(
        {{"digest", layer.digest}, {"media_type", layer.media_type}, {"size", layer.size}});
  return {{"version", kVersion},
          {"name", image.name},
          {"digest", image.digest},
          {"rootfs", record.rootfs},
          {"bytes", image.bytes},
          {"created", image.created},
          {"layers", layers},
          {"dropped",
           {{"devices", image.dropped.devices},
            {"set_ids", image.dropped.set_ids},
            {"attributes", image.dropped.attributes}}},
          {"blobs", record.blobs},
          {"config",
           {{"env", image.config.env},
            {"entrypoint", image.config.entrypoint},
            {"cmd", image.config.cmd},
            {"working_dir", image.config.working_dir},
            {"user", image.config.user}}}};
}

ImageRecord from_json(const SortedJson& json) {
  ImageRecord record;
  Image& image = record.image;
  json.at("name").get_to(image.name);
  json.at("digest").get_to(image.digest);
  json.at("rootfs").get_to(record.rootfs);
  json.at("bytes").get_to(image.bytes);
  json.at("created").get_to(image.created);
  json.at("blobs").get_to(record.blobs);
  for (const SortedJson& layer : json.at("layers"))
    image.layers.push_back({layer.at("digest").get<std::string>(),
                            layer.at("media_type").get<std::string>(),
                            layer.at("size").get<std::uint64_t>()});
  const SortedJson& dropped = json.at("dropped");
  dropped.at("devices").get_to(image.dropped.devices);
  dropped.at("set_ids").get_to(image.dropped.set_ids);
  dropped.at("attributes").get_to(image.dropped.attributes);
  const SortedJson& config = json.at("config");
  config.at("env").get_to(image.config.env);
  config.at("entrypoint").get_to(image.config.entrypoint);
  config.at("cmd").get_to(image.config.cmd);
  config.at("working_dir").get_to(image.config.working_dir);
  config.at("user").get_to(image.config.user);
  return record;
}

bool is_hex(const std::string& text, std::size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// "<digest>" or "<digest>-<random>".
bool names_rootfs(const std::string& text) {
  return is_hex(text.substr(0, 64), 64) &&
         (text.size() == 64 || (text[64] == '-' && is_hex(text.substr(65), 16)));
}

}  // namespace

bool read_record(const std::string& store, const std::string& name, ImageRecord& record) {
  const std::string path = store + "/images/" + file_name_of(name);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    throw Error::from_errno("open " + path, errno);
  }
  try {
    const SortedJson json = SortedJson::parse(read_all(fd.get(), path));
    if (json.at("version") != kVersion)
      throw Error(ErrorKind::unsupported, "read " + path, 0, "another version of cloche wrote it");
    record = from_json(json);
    if (record.image.name == name && names_rootfs(record.rootfs)) return true;
  } catch (const SortedJson::exception&) {
  }
  throw Error(ErrorKind::image_corrupt, "read the image record " + path, 0,
              "remove that file and import the image again");
}

RecordVersion record_version(const std::string& store, const std::string& name) {
  struct stat status {};
  if (::lstat((store + "/images/" + file_name_of(name)).c_str(), &status) < 0) return {};
  return {status.st_ino, status.st_ctim};
}

void check_free(const std::string& store, const std::string& name) {
  // An unreadable record occupies its name, too.
  const std::string path = store + "/images/" + file_name_of(name);
  if (::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    throw Error(ErrorKind::taken, "name an image " + name, 0,
                "an image of that name exists; --replace replaces it");
}

void write_record(const std::string& store, const ImageRecord& record) {
  const std::string directory = store + "/images";
  const std::string path = directory + "/" + file_name_of(record.image.name);
  // In tmp, so that it is cleaned up after a crash.
  std::string temporary = store + "/tmp/record-XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) throw Error::from_errno("create " + temporary, errno);
  try {
    write_all(fd.get(), to_json(record).dump(1) + "\n", temporary);
    if (::fchmod(fd.get(), 0644) < 0 || ::fsync(fd.get()) < 0)
      throw Error::from_errno("write " + temporary, errno);
    if (::rename(temporary.c_str(), path.c_str()) < 0)
      throw Error::from_errno("rename " + temporary + " to " + path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const UniqueFd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent) ::fsync(parent.get());
}

void remove_record(const std::string& store, const std::string& name) {
  const std::string path = store + "/images/" + file_name_of(name);
  if (::unlink(path.c_str()) < 0) throw Error::from_errno("remove " + path, errno);
}

std::vector<std::string> recorded_names(const std::string& store) {
  const std::string path = store + "/images";
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::vector<std::string> names;
  if (!directory && (errno == ENOENT || errno == ENOTDIR)) return names;
  if (!directory) throw Error::from_errno("read " + path, errno);
  for (const std::string& file : children_of(directory.get()))
    if (std::string name = name_of_file(file); !name.empty()) names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cloche::image
