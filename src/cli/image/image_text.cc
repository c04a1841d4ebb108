#include "cli/image/image_text.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "cli/output.h"
#include "util/json.h"
#include "util/time.h"

namespace cloche::cli {

std::string human_size(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

std::string human_age(std::int64_t created) {
  const std::int64_t age = std::max<std::int64_t>(0, std::time(nullptr) - created);
  const std::pair<std::int64_t, const char*> units[] = {
      {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  for (const auto& [seconds, unit] : units) {
    const std::int64_t count = age / seconds;
    if (count > 0) return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  }
  return "now";
}

SortedJson image_summary(const image::Image& image) {
  return {{"name", image.name},
          {"digest", image.digest},
          {"bytes", image.bytes},
          {"created", utc_time(image.created)},
          {"rootfs", image.rootfs}};
}

void say_made(const image::Image& image, const char* how, double seconds) {
  std::printf("%s: %s in %.1f s, %s, %s\n", image.name.c_str(), how, seconds,
              human_size(image.bytes).c_str(), image.digest.c_str());
  flush_output();
}

}  // namespace cloche::cli
