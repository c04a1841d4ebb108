#include "service/api/playground.h"

#include <unistd.h>

#include <filesystem>

#include "cloche/error.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::service {

namespace {

std::string type_of(const std::string& path) {
  static const std::map<std::string, std::string> types = {
      {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
      {".json", "application/json"},         {".txt", "text/plain; charset=utf-8"}};
  const auto found = types.find(std::filesystem::path(path).extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::string without_line_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Playground::Playground(const std::string& directory) {
  if (directory.empty()) return;
  const std::string policy = without_line_end(read_file(directory + "/policy.txt"));
  add("/", directory + "/index.html", policy);
  add("/licences.txt", directory + "/licences.txt", policy);
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/assets", failed))
    if (entry.path().extension() != ".gz")
      add("/assets/" + entry.path().filename().string(), entry.path().string(), policy);
  if (failed) throw Error::from_errno("read the playground in " + directory, failed.value());
}

void Playground::add(const std::string& path, const std::string& file, const std::string& policy) {
  Reply reply;
  reply.type = type_of(file);
  reply.body = read_file(file);
  // The name of an asset contains a hash of its content.
  reply.headers = {
      {"Content-Security-Policy", policy},
      {"Referrer-Policy", "no-referrer"},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control",
       path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (::access((file + ".gz").c_str(), F_OK) == 0) {
    Reply& smaller = compressed_[path] = reply;
    smaller.body = read_file(file + ".gz");
    smaller.headers.emplace_back("Content-Encoding", "gzip");
  }
  plain_.emplace(path, std::move(reply));
}

std::string Playground::find() {
  try {
    const std::string page = data_path("playground/index.html");
    return page.substr(0, page.rfind('/'));
  } catch (const Error&) {
    return {};
  }
}

const Reply* Playground::find(const std::string& path, bool takes_gzip) const {
  if (takes_gzip)
    if (const auto found = compressed_.find(path); found != compressed_.end())
      return &found->second;
  const auto found = plain_.find(path);
  return found == plain_.end() ? nullptr : &found->second;
}

}  // namespace cloche::service
