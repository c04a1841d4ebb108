#include "service/api/playground.h"

#include <unistd.h>

#include <filesystem>

#include "cloche/error.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::service {

namespace {

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string type_of(const std::string& extension) {
  static const std::map<std::string, std::string> types = {
      {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
      {".json", "application/json"},         {".txt", "text/plain; charset=utf-8"},
      {".png", "image/png"},                 {".woff2", "font/woff2"}};
  const auto found = types.find(extension);
  return found == types.end() ? "application/octet-stream" : found->second;
}

}  // namespace

Playground::Playground(const std::string& directory) {
  if (directory.empty()) return;
  std::error_code failed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, failed)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(directory).string();
    Reply reply;
    reply.type = type_of(entry.path().extension().string());
    reply.body = read_file(entry.path().string());
    reply.headers = {{"Content-Security-Policy", kPolicy}, {"Referrer-Policy", "no-referrer"}};
    // All names but the page's own hold a hash of their content.
    reply.headers.emplace_back("Cache-Control", name == "index.html"
                                                    ? "no-cache"
                                                    : "public, max-age=31536000, immutable");
    if (name == "index.html") files_.emplace("/", reply);
    files_.emplace("/" + name, std::move(reply));
  }
  if (failed)
    throw Error::from_errno("read the playground in " + directory, failed.value());
}

std::string Playground::find() {
  try {
    const std::string page = data_path("playground/index.html");
    return page.substr(0, page.rfind('/'));
  } catch (const Error&) {
    return {};
  }
}

const Reply* Playground::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace cloche::service
