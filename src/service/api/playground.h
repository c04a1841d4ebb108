// The page at "/": files of one directory, read once.
#pragma once

#include <map>
#include <string>

#include "service/http/reply.h"

namespace cloche::service {

class Playground {
 public:
  // Without a directory there is no page. Throws Error for a directory that cannot be read.
  explicit Playground(const std::string& directory);

  // Where the page is: installed, or in the build directory. Empty if it was not built.
  static std::string find();

  // The answer to a path; null if none of its files is there.
  const Reply* find(const std::string& path) const;

 private:
  std::map<std::string, Reply> files_;  // by path: "/", "/app-1234.js"
};

}  // namespace cloche::service
