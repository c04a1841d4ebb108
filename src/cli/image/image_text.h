// Images in words and in JSON, as the commands of `cloche image` print them.
#pragma once

#include <cstdint>
#include <string>

#include "cloche/image.h"
#include "util/json_fwd.h"

namespace cloche::cli {

std::string human_size(std::uint64_t bytes);
// The time since then: "3 days".
std::string human_age(std::int64_t created);
// The object of an image in `list --json`.
SortedJson image_summary(const image::Image& image);
// "NAME: built in 3.2 s, 12.0 MB, sha256:…", on standard output.
void say_made(const image::Image& image, const char* how, double seconds);

}  // namespace cloche::cli
