#pragma once

#include <string>

namespace cloche::image {

// Throws Error usage unless `name` can name an image: components of letters, digits and . _ - :
// that begin with a letter or digit, separated by single slashes, 200 bytes at most.
void check_name(const std::string& name);

// The name as one file name, and back. A slash becomes a percent sign, which no name has.
std::string file_name_of(const std::string& name);
std::string name_of_file(const std::string& file);

}  // namespace cloche::image
