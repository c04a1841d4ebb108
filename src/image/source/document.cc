#include "image/source/document.h"

#include <sys/utsname.h>

#include <limits>
#include <map>
#include <set>

#include "cloche/error.h"
#include "util/json.h"

namespace cloche::image {

void corrupt(const std::string& what, const std::string& problem, const std::string& hint) {
  throw Error(ErrorKind::image_corrupt, "read " + what + ": " + problem, 0, hint);
}

namespace {

// Finds objects with two members of one name, because some programs use the first and some the
// last, and values that are nested too deeply. (A callback while parsing would take quadratic time
// in the length of a list.)
class UniqueNames : public nlohmann::json_sax<SortedJson> {
 public:
  const std::string& twice() const { return twice_; }
  bool too_deep() const { return depth_ > kDeepest; }

  bool start_object(std::size_t) override {
    open_.emplace_back();
    return ++depth_ <= kDeepest;
  }
  bool end_object() override {
    open_.pop_back();
    --depth_;
    return true;
  }
  bool key(std::string& name) override {
    if (open_.back().insert(name).second) return true;
    twice_ = name;
    return false;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(SortedJson::number_integer_t) override { return true; }
  bool number_unsigned(SortedJson::number_unsigned_t) override { return true; }
  bool number_float(SortedJson::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(SortedJson::binary_t&) override { return true; }
  bool start_array(std::size_t) override { return ++depth_ <= kDeepest; }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const SortedJson::exception&) override {
    return false;
  }

 private:
  // Later code walks documents by recursion.
  static constexpr unsigned kDeepest = 100;

  std::vector<std::set<std::string>> open_;  // the names in each object around
  unsigned depth_ = 0;
  std::string twice_;
};

}  // namespace

SortedJson parse_document(const std::string& text, const std::string& what) {
  try {
    UniqueNames names;
    const bool good = SortedJson::sax_parse(text, &names);
    if (names.too_deep()) corrupt(what, "it is nested too deeply");
    SortedJson json = SortedJson::parse(text);  // throws for a text that is not JSON
    if (!good) corrupt(what, "it has \"" + names.twice() + "\" twice");
    if (!json.is_object() && !json.is_array()) corrupt(what, "it is no JSON object");
    return json;
  } catch (const SortedJson::parse_error& problem) {
    corrupt(what, "it is no valid JSON, from byte " + std::to_string(problem.byte));
  } catch (const SortedJson::out_of_range&) {
    corrupt(what, "a number in it is too great");
  }
}

const SortedJson& member(const SortedJson& object, const char* key, const std::string& what) {
  if (!object.is_object()) corrupt(what, "it is no JSON object");
  const auto found = object.find(key);
  if (found == object.end()) corrupt(what, std::string("it has no \"") + key + "\"");
  return *found;
}

std::string text_member(const SortedJson& object, const char* key, const std::string& what) {
  const SortedJson& value = member(object, key, what);
  if (!value.is_string()) corrupt(what, std::string("\"") + key + "\" is no string");
  return value.get<std::string>();
}

std::string optional_text(const SortedJson& object, const char* key, const std::string& what) {
  if (!object.is_object()) corrupt(what, "it is no JSON object");
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return text_member(object, key, what);
}

std::vector<std::string> text_list(const SortedJson& object, const char* key,
                                   const std::string& what) {
  std::vector<std::string> list;
  if (!object.is_object()) corrupt(what, "it is no JSON object");
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return list;
  if (!found->is_array()) corrupt(what, std::string("\"") + key + "\" is no list");
  for (const SortedJson& value : *found) {
    if (!value.is_string()) corrupt(what, std::string("\"") + key + "\" holds what is no string");
    list.push_back(value.get<std::string>());
  }
  return list;
}

void check_digest(const std::string& digest, const std::string& what) {
  const std::string start = "sha256:";
  bool good = digest.size() == start.size() + 64 && digest.compare(0, start.size(), start) == 0;
  for (std::size_t i = start.size(); good && i < digest.size(); ++i)
    good = (digest[i] >= '0' && digest[i] <= '9') || (digest[i] >= 'a' && digest[i] <= 'f');
  if (!good) corrupt(what, "a digest is not sha256: with 64 hexadecimal digits");
}

Descriptor descriptor_of(const SortedJson& json, const std::string& what) {
  Descriptor descriptor;
  descriptor.media_type = text_member(json, "mediaType", what);
  descriptor.digest = text_member(json, "digest", what);
  check_digest(descriptor.digest, what);
  const SortedJson& size = member(json, "size", what);
  if (!size.is_number_integer() || size.get<std::int64_t>() < 0 ||
      (size.is_number_unsigned() &&
       size.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}))
    corrupt(what, "a size is no natural number");
  descriptor.size = size.get<std::int64_t>();
  const auto annotations = json.find("annotations");
  if (annotations != json.end() && annotations->is_object()) {
    descriptor.reference = optional_text(*annotations, "org.opencontainers.image.ref.name", what);
    // Docker writes only the tag in that annotation, and the whole name in this one.
    const std::string full = optional_text(*annotations, "io.containerd.image.name", what);
    if (!full.empty()) descriptor.reference = full;
  }
  const auto platform = json.find("platform");
  if (platform != json.end() && platform->is_object()) {
    descriptor.has_platform = true;
    descriptor.os = optional_text(*platform, "os", what);
    descriptor.architecture = optional_text(*platform, "architecture", what);
    descriptor.variant = optional_text(*platform, "variant", what);
  }
  return descriptor;
}

std::string host_architecture() {
  static const std::map<std::string, std::string> names = {
      {"x86_64", "amd64"},    {"aarch64", "arm64"}, {"i686", "386"},
      {"i386", "386"},        {"armv7l", "arm"},    {"armv6l", "arm"},
      {"ppc64le", "ppc64le"}, {"s390x", "s390x"},   {"riscv64", "riscv64"}};
  struct utsname host {};
  ::uname(&host);
  const auto found = names.find(host.machine);
  return found == names.end() ? std::string(host.machine) : found->second;
}

int variant_fit(const std::string& variant) {
  if (variant.empty()) return 1;
  const std::string architecture = host_architecture();
#if defined(__x86_64__)
  // The levels of the x86-64 psABI. Each is recognized by the features that a compiler can ask for.
  if (architecture == "amd64") {
    const bool v2 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") &&
                    __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    if (variant == "v1") return 1;
    if (variant == "v2" && v2) return 2;
    if (variant == "v3" && v3) return 3;
    if (variant == "v4" && v4) return 4;
    return 0;
  }
#endif
  if (architecture == "arm64") return variant == "v8" ? 1 : 0;
  if (architecture == "arm") {
    struct utsname host {};
    ::uname(&host);
    const int level = variant.size() == 2 && variant[0] == 'v' ? variant[1] - '0' : 0;
    const int own = host.machine[4] - '0';  // armv7l
    return level >= 5 && level <= own ? level : 0;
  }
  return 1;
}

ConfigDocument config_of(const std::string& text, const std::string& what) {
  const SortedJson json = parse_document(text, what);
  ConfigDocument document;
  document.architecture = optional_text(json, "architecture", what);
  const std::string os = optional_text(json, "os", what);
  if (!os.empty() && os != "linux")
    throw Error(ErrorKind::unsupported, "use " + what, 0, "the image is for " + os + ", not linux");
  if (!document.architecture.empty() && document.architecture != host_architecture())
    throw Error(ErrorKind::unsupported, "use " + what, 0,
                "the image is for " + document.architecture + ", and this machine is " +
                    host_architecture());
  const SortedJson& rootfs = member(json, "rootfs", what);
  const std::string type = text_member(rootfs, "type", what);
  if (type != "layers") corrupt(what, "its root file system is of the unknown type " + type);
  document.diff_ids = text_list(rootfs, "diff_ids", what);
  if (document.diff_ids.size() > kMaxLayers)
    corrupt(what, "it has more than " + std::to_string(kMaxLayers) + " layers");
  for (const std::string& diff_id : document.diff_ids) check_digest(diff_id, what);
  const auto config = json.find("config");
  if (config != json.end() && !config->is_null()) {
    document.config.env = text_list(*config, "Env", what);
    document.config.entrypoint = text_list(*config, "Entrypoint", what);
    document.config.cmd = text_list(*config, "Cmd", what);
    document.config.working_dir = optional_text(*config, "WorkingDir", what);
    document.config.user = optional_text(*config, "User", what);
  }
  return document;
}

}  // namespace cloche::image
