// The packages that are installed in a root file system, as a command inside it lists them.
#pragma once

#include <string>
#include <vector>

namespace cloche::image {

struct InstalledPackage {
  std::string name;
  std::string version;
  std::string architecture;
  std::string source;                 // the source package it was built from,
  std::string source_version;         // and that one's version
  std::vector<std::string> licenses;  // as its copyright file names them; empty: not known
};

// Run inside a Debian root file system, it prints the list that parse_package_list() reads.
std::vector<std::string> package_list_command();

// Throws Error bad_data where it is no such list.
std::vector<InstalledPackage> parse_package_list(const std::string& text);

}  // namespace cloche::image
