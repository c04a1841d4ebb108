// Packages of Piston's API. Here they are the images that languages run on.
#include <boost/asio/posix/stream_descriptor.hpp>

#include "service/api/handlers.h"
#include "service/api/piston.h"
#include "service/api/submit.h"
#include "service/schedule/child.h"
#include "util/paths.h"

namespace cloche::service {

namespace {

struct Package {
  std::string language, version, image;
};

Package package_of(const Service& service, const HttpRequest& request) {
  demand_piston_json(request);
  const Json body = Json::parse(request.body, nullptr, false);
  for (const char* key : {"language", "version"})
    if (!body.is_object() || !body.contains(key) || !body[key].is_string())
      throw HttpError(400, "invalid_request", std::string(key) + " is required as a string");
  const std::string language = body["language"], version = body["version"];
  const auto found = piston::find_runtime(service, language, version);
  if (found.version == nullptr)
    throw HttpError(404, "not_found",
                    "Requested package " + language + "-" + version + " does not exist");
  return {found.language->name, piston::semver(found.version->version).text(),
          found.version->image};
}

std::vector<std::string> command(const char* action, const std::string& image) {
  return {command_path(), "image", action, image};
}

Reply answer(const Package& package) {
  return json_reply({{"language", package.language}, {"version", package.version}});
}

// The command `cloche image` makes and removes images: that takes minutes, or touches many files,
// and the service goes on meanwhile.
Awaitable<void> change(Service& service, Exchange& exchange, const char* action) {
  const Package package = package_of(service, exchange.request());
  const bool there = service.runner.store().contains(package.image);
  if (there == (std::string_view(action) == "build"))
    throw HttpError(500, "unchanged", there ? "Already installed" : "Not installed");
  const ChildEnd end = co_await run_child(service.context, command(action, package.image));
  if (!end.well)
    throw HttpError(500, "failed",
                    "cloche image " + std::string(action) + " " + package.image + ": " + end.error);
  co_await exchange.reply(answer(package));
}

Reply packages(const Service& service) {
  Json list = Json::array();
  for (const runner::LanguageInfo& language : service.languages)
    for (const runner::VersionInfo& version : language.versions)
      list.push_back({{"language", language.name},
                      {"language_version", piston::semver(version.version).text()},
                      {"installed", service.runner.store().contains(version.image)}});
  return json_reply(list);
}

}  // namespace

Awaitable<void> get_packages(Service& service, Exchange& exchange) {
  co_await exchange.reply(packages(service));
}

Awaitable<void> post_packages(Service& service, Exchange& exchange) {
  co_await change(service, exchange, "build");
}

Awaitable<void> delete_packages(Service& service, Exchange& exchange) {
  co_await change(service, exchange, "remove");
}

}  // namespace cloche::service
