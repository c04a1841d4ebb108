// Lists the packages that are installed in a root file system, by a command inside it.
#pragma once

#include <string>
#include <vector>

namespace cloche::image {

struct InstalledPackage {
  std::string name;
  std::string version;
  std::string architecture;
  std::string source;                 // the source package that it was built from,
  std::string source_version;         // and the version of that
  std::vector<std::string> licenses;  // as its copyright file names them; empty: unknown
};

// The command prints the list that parse_package_list() reads. It must run inside a Debian root
// file system.
std::vector<std::string> package_list_command();

// Throws Error bad_data for a text that is no such list.
std::vector<InstalledPackage> parse_package_list(const std::string& text);

}  // namespace cloche::image
