#include <openssl/evp.h>

#include "service/api/piston.h"
#include "service/api/semver.h"
#include "service/http/hex.h"

namespace cloche::service::piston {

namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw HttpError(400, "invalid_request", message);
}

const std::string& text_of(const Json& json, const char* key, const std::string& shown) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) refuse(shown + " is required as a string");
  return found->get_ref<const std::string&>();
}

std::optional<std::string> from_hex(const std::string& text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::optional<std::string> from_base64(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  while (text.size() % 4 != 0) text += '=';
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

struct File {
  std::string name, content;
};

File read_file_of(const Json& json, std::size_t index, bool& any_text) {
  const std::string shown = "files[" + std::to_string(index) + "]";
  if (!json.is_object()) refuse(shown + ".content is required as a string");
  File file;
  file.content = text_of(json, "content", shown + ".content");
  if (const auto name = json.find("name"); name != json.end() && name->is_string())
    file.name = *name;
  const auto given = json.find("encoding");
  const std::string encoding =
      given != json.end() && given->is_string() ? given->get<std::string>() : "utf8";
  std::optional<std::string> bytes;
  if (encoding == "utf8") {
    any_text = true;
    return file;
  }
  if (encoding == "base64") bytes = from_base64(file.content);
  if (encoding == "hex") bytes = from_hex(file.content);
  if (!bytes) refuse(shown + ".content is not " + encoding);
  file.content = std::move(*bytes);
  return file;
}

// The first file is the program; the others lie beside it.
void take_files(runner::Request& request, const Json& json) {
  const auto files = json.find("files");
  if (files == json.end() || !files->is_array()) refuse("files is required as an array");
  bool any_text = false;
  for (std::size_t i = 0; i < files->size(); ++i) {
    File file = read_file_of((*files)[i], i, any_text);
    if (i == 0) {
      request.solution = std::move(file.content);
      request.solution_path = std::move(file.name);
    } else {
      if (file.name.empty()) file.name = "file" + std::to_string(i) + ".code";
      request.files[file.name] = std::move(file.content);
    }
  }
  if (!any_text) refuse("files must include at least one utf8 encoded file");
  if (!request.solution.empty() || request.files.empty()) return;
  // Without text, the program is one of the files, so that the run is no project with tests.
  if (request.solution_path.empty()) request.solution_path = "program";
  request.files[request.solution_path];
  request.entry_file = request.solution_path;
  request.options["strategy"] = {"solutionOnly"};
}

// A number up to `most`; empty if it is not given.
std::optional<std::uint64_t> constraint(const Json& json, const char* name, std::uint64_t most) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return std::nullopt;
  if (!found->is_number()) refuse("If specified, " + std::string(name) + " must be a number");
  const double value = found->get<double>();
  if (value > static_cast<double>(most))
    refuse(std::string(name) + " cannot exceed the configured limit of " + std::to_string(most));
  if (value < 0) refuse(std::string(name) + " must be non-negative");
  return static_cast<std::uint64_t>(value);
}

std::optional<std::chrono::milliseconds> time(const Json& json, const char* name,
                                              std::chrono::milliseconds most) {
  const auto value = constraint(json, name, static_cast<std::uint64_t>(most.count()));
  // A time of 0 counts as not given.
  if (!value || *value == 0) return std::nullopt;
  return std::chrono::milliseconds(*value);
}

// -1 means "no limit": as much as the operator allows.
std::optional<std::uint64_t> memory(const Json& json, const char* name, std::uint64_t most) {
  const auto found = json.find(name);
  if (found != json.end() && found->is_number() && *found == -1) return most;
  const auto value = constraint(json, name, most);
  return value && *value == 0 ? std::nullopt : value;
}

void take_limits(runner::Request& request, const Json& json, const ServiceConfig& config) {
  const RunsConfig& most = config.runs;
  request.timeout = time(json, "run_timeout", most.timeout_max).value_or(config.piston.run_timeout);
  request.compile_timeout = time(json, "compile_timeout", most.compile_timeout_max)
                                .value_or(config.piston.compile_timeout);
  request.cpu_time = time(json, "run_cpu_time", most.timeout_max);
  request.compile_cpu_time = time(json, "compile_cpu_time", most.compile_timeout_max);
  request.memory_bytes = memory(json, "run_memory_limit", most.memory_max);
  request.compile_memory_bytes = memory(json, "compile_memory_limit", most.memory_max);
}

void take_arguments(runner::Request& request, const Json& json) {
  const auto args = json.find("args");
  if (args == json.end() || !args->is_array()) return;
  for (const Json& each : *args)
    request.arguments.push_back(each.is_string() ? each.get<std::string>() : each.dump());
}

}  // namespace

Found find_runtime(const Service& service, const std::string& name, const std::string& selector) {
  const auto range = SemVerRange::parse(selector);
  Found found;
  for (const runner::LanguageInfo& language : service.languages) {
    const bool named =
        language.name == name ||
        std::find(language.aliases.begin(), language.aliases.end(), name) != language.aliases.end();
    if (!named || !range) continue;
    std::optional<SemVer> newest;
    for (const runner::VersionInfo& each : language.versions) {
      const SemVer version = semver(each.version);
      if (!range->allows(version) || (newest && *newest >= version)) continue;
      newest = version;
      found = {&language, &each};
    }
  }
  return found;
}

SemVer semver(const std::string& version) {
  const std::size_t digit = version.find_first_of("0123456789");
  if (digit == version.npos) return {};
  return parse_version(std::string_view(version).substr(digit)).value_or(SemVer{});
}

bool names_itself(const std::string& version) {
  return !parse_version(version);
}

Wanted read_request(const Service& service, const Json& json) {
  if (!json.is_object()) refuse("language is required as a string");
  const std::string language = text_of(json, "language", "language");
  const std::string version = text_of(json, "version", "version");
  Wanted wanted{{}, {}, {{}, Bounds(service.config.runs)}};
  runner::Request& request = wanted.order.request;
  take_files(request, json);
  const Found found = find_runtime(service, language, version);
  if (found.version == nullptr) refuse(language + "-" + version + " runtime is unknown");
  wanted.language = request.language = found.language->name;
  request.version = found.version->version;
  wanted.version = semver(found.version->version).text();
  if (const auto input = json.find("stdin"); input != json.end() && input->is_string())
    request.stdin_data = *input;
  take_arguments(request, json);
  take_limits(request, json, service.config);
  wanted.order.bounds.loopback = false;
  return wanted;
}

}  // namespace cloche::service::piston
