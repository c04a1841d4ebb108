// Images in words and in JSON, as the commands of `cloche image` print them.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cloche/image.h"

namespace cloche::cli {

std::string human_size(std::uint64_t bytes);
// How long ago that was: "3 days".
std::string human_age(std::int64_t created);
// What `list --json` says of an image.
nlohmann::json image_summary(const image::Image& image);
// "NAME: built in 3.2 s, 12.0 MB, sha256:…", on standard output.
void say_made(const image::Image& image, const char* how, double seconds);

}  // namespace cloche::cli
