// The common part of the paths of Piston's API: its names for languages, requests and results.
#pragma once

#include <string>
#include <string_view>

#include "service/api/semver.h"
#include "service/api/submit.h"
#include "service/service.h"
#include "util/json.h"

namespace cloche::service::piston {

// A checked request of execute or connect, and the language and version that it selects.
struct Wanted {
  std::string language, version;
  RunOrder order;
};
// Throws HttpError 400 with Piston's messages.
Wanted read_request(const Service& service, const Json& json);

// The newest version of a language that a selector ("*", "3.x", "^3.9", ">=2 <4", "3.13.0") allows;
// null if there is none, or no such language.
struct Found {
  const runner::LanguageInfo* language = nullptr;
  const runner::VersionInfo* version = nullptr;
};
Found find_runtime(const Service& service, const std::string& language,
                   const std::string& selector);

// A version in the form of SemVer, with three numbers: "3.13" is 3.13.0, "gcc-14/c11" is 14.0.0,
// "bash" is 0.0.0. The latter two have their own names as "runtime" (names_itself).
SemVer semver(const std::string& version);
bool names_itself(const std::string& version);

}  // namespace cloche::service::piston
