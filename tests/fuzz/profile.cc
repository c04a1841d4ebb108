// Language profiles, and the other documents below profiles/.
#include "runner/profile/profile.h"

#include "fuzz.h"
#include "runner/profile/service.h"

using cloche::ErrorKind;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::accepts({ErrorKind::bad_data}, [&] { cloche::runner::parse_aliases(text, "the input"); });
  fuzz::accepts({ErrorKind::bad_data},
                [&] { cloche::runner::parse_service(text, "name", "the input"); });
  cloche::runner::Profile profile;
  const bool good = fuzz::accepts(
      {ErrorKind::bad_data}, [&] { profile = cloche::runner::parse_profile(text, "the input"); });
  if (!good) return 0;
  fuzz::demand(!profile.versions.empty(), "a profile has a version");
  fuzz::demand(profile.run.limits.run.wall_time.count() > 0, "a time limit is above 0");
  for (const auto& version : profile.versions) {
    fuzz::demand(profile.find_version(version.version).version == version.version,
                 "a version is found by its name");
    fuzz::accepts({ErrorKind::usage},
                  [&] { profile.find_framework("no such framework", version.version); });
  }
  return 0;
}
