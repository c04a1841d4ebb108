// The page at "/": files that the build has bundled (src/service/playground). They are read once.
#pragma once

#include <map>
#include <string>

#include "service/http/reply.h"

namespace cloche::service {

class Playground {
 public:
  // Without a directory there is no page. Throws Error for a directory that cannot be read.
  explicit Playground(const std::string& directory);

  // The directory of the page, installed or in the build directory. Empty if it was not built.
  static std::string find();

  // The answer to a path; null if no file of the page has it.
  const Reply* find(const std::string& path, bool takes_gzip) const;

 private:
  void add(const std::string& path, const std::string& file, const std::string& policy);

  // By path: "/", "/assets/main-1234.js"; the second form is compressed.
  std::map<std::string, Reply, std::less<>> plain_, compressed_;
};

}  // namespace cloche::service
