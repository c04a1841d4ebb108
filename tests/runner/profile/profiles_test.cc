// The profiles that cloche ships.
#include <algorithm>
#include <set>

#include "catch.h"
#include "runner/profile/profile.h"
#include "runner/report/clean.h"
#include "runner/request/plan.h"
#include "util/paths.h"

using namespace cloche::runner;

namespace {

void check_rules(const Clean& rules) {
  CHECK_NOTHROW(clean("text", rules.out));
  CHECK_NOTHROW(clean("text", rules.err));
}

}  // namespace

TEST_CASE("every profile is sound") {
  const std::string directory = profile_directory();
  std::set<std::string> names;
  for (const std::string& name : profile_names(directory)) {
    INFO(name);
    const FoundProfile found = find_profile(name, directory);
    const Profile& profile = found.profile;
    CHECK(profile.language == name);
    CHECK_FALSE(profile.extension.empty());
    CHECK(names.insert(name).second);
    if (!profile.adapter.empty()) CHECK_NOTHROW(cloche::data_path("adapters/" + profile.adapter));
    check_rules(profile.clean);
    if (profile.run.clean) check_rules(*profile.run.clean);
    for (const Framework& framework : profile.frameworks) {
      CHECK(framework.mode.reporter);
      if (framework.mode.clean) check_rules(*framework.mode.clean);
    }
  }
}

TEST_CASE("every alias stands for a language and a version") {
  const std::string directory = profile_directory();
  const std::vector<std::string> names = profile_names(directory);
  for (const Alias& alias : read_aliases(directory)) {
    INFO(alias.name);
    CHECK(std::find(names.begin(), names.end(), alias.name) == names.end());
    const FoundProfile found = find_profile(alias.name, directory);
    CHECK(found.profile.language == alias.language);
    CHECK_NOTHROW(found.profile.find_version(found.implied_version));
  }
}

TEST_CASE("every version and framework of every profile can be planned") {
  const std::string directory = profile_directory();
  for (const std::string& name : profile_names(directory)) {
    const FoundProfile found = find_profile(name, directory);
    for (const Version& version : found.profile.versions) {
      Request request;
      request.language = name;
      request.version = version.version;
      request.solution = "solution";
      request.setup = "setup";
      INFO(name << " " << version.version);
      CHECK_NOTHROW(make_plan(settle(request, found)));
      for (const Framework& framework : found.profile.frameworks) {
        if (!framework.versions.empty() &&
            std::find(framework.versions.begin(), framework.versions.end(), version.version) ==
                framework.versions.end())
          continue;
        request.fixture = "fixture";
        request.framework = framework.name;
        INFO(framework.name);
        const Plan plan = make_plan(settle(request, found));
        CHECK(plan.framework == framework.name);
        CHECK_FALSE(plan.run.argv.empty());
        for (const std::string& word : plan.run.argv) CHECK_FALSE(word.empty());
      }
    }
  }
}
