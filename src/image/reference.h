#pragma once

#include <string>

namespace cloche::image {

// Throws Error usage unless `name` can name an image: components of letters, digits and . _ - that
// begin with a letter or digit, separated by single slashes, 200 bytes at most. The first of
// several may end with a colon and a port, the last with a colon and a tag. `role` is what it is
// used as.
void check_name(const std::string& name, const std::string& role = "the name of an image");

// The name as one file name, and back. A slash becomes a percent sign, which no name has.
std::string file_name_of(const std::string& name);
std::string name_of_file(const std::string& file);

}  // namespace cloche::image
