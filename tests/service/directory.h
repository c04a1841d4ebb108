// A new directory for one test, removed at its end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "catch.h"

namespace service_test {

class Directory {
 public:
  Directory() {
    std::string made = "/tmp/cloche-service-XXXXXX";
    REQUIRE(::mkdtemp(made.data()) != nullptr);
    path_ = made;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // Writes a file into it and gives its path. Readable by its owner alone, unless said otherwise.
  std::string file(const std::string& name, const std::string& content,
                   std::filesystem::perms mode = std::filesystem::perms(0600)) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path) << content;
    std::filesystem::permissions(path, mode);
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The message of the Error that `act` throws, or "nothing was thrown".
template <typename Act>
std::string complaint(const Act& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace service_test
