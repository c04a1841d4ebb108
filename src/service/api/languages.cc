#include "service/api/handlers.h"
#include "service/service.h"
#include "util/json.h"

namespace cloche::service {

namespace {

Reply answer(const Service& service) {
  Json list = Json::array();
  for (const runner::LanguageInfo& language : service.languages) {
    Json versions = Json::array();
    for (const runner::VersionInfo& version : language.versions)
      versions.push_back({{"version", version.version},
                          {"names", version.names},
                          {"image", version.image},
                          {"available", service.runner.store().contains(version.image)}});
    Json frameworks = Json::array();
    for (const runner::FrameworkInfo& framework : language.frameworks)
      frameworks.push_back({{"name", framework.name}, {"aliases", framework.aliases}});
    list.push_back({{"name", language.name},
                    {"title", language.title},
                    {"aliases", language.aliases},
                    {"versions", std::move(versions)},
                    {"frameworks", std::move(frameworks)}});
  }
  return json_reply({{"languages", std::move(list)}});
}

}  // namespace

Awaitable<void> get_languages(Service& service, Exchange& exchange) {
  co_await exchange.reply(answer(service));
}

}  // namespace cloche::service
