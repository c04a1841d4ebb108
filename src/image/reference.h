#pragma once

#include <string>

namespace cloche::image {

// Throws Error usage unless `name` is a valid name of an image: components of letters, digits and .
// _ - that begin with a letter or digit, separated by single slashes, at most 200 bytes. If there
// are several components, the first may end with a colon and a port. The last may end with a colon
// and a tag. `role` says what the name is used as.
void check_name(const std::string& name, const std::string& role = "the name of an image");

// The name as one file name, and back. A percent sign, which no name has, replaces a slash.
std::string file_name_of(const std::string& name);
std::string name_of_file(const std::string& file);

}  // namespace cloche::image
