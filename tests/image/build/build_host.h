// A host for builds that takes no network and no minutes: stand-ins for mmdebstrap and npm, recipes
// of the test, and a store.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "cloche/image.h"
#include "image/build/build.h"
#include "image/fixture.h"

namespace cloche::image::test {

// Changes an environment variable while it exists.
class Variable {
 public:
  Variable(const char* name, const std::string& value);
  ~Variable();
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  bool had_;
  std::string old_;
};

// A directory of programs that are found before those of the host, and of recipes that replace the
// shipped ones.
struct Host {
  Directory directory;
  Variable path{"PATH", directory.path() + ":" + std::getenv("PATH")};
  Variable cache{"XDG_CACHE_HOME", directory / "cache"};
  Variable data{"CLOCHE_DATA_DIR", directory / "data"};
  Store store{directory / "store"};

  Host();

  void program(const std::string& name, const std::string& script);
  void recipe(const std::string& name, const std::string& more);
  // Publishes n@1.0.0 with these entries, and lets the recipe x use it.
  void publish(const std::vector<Entry>& entries, const std::string& more = {});
  // Builds the image and cancels the build as soon as `stage` is reported. The build must throw
  // Cancelled.
  void cancel_at(const std::string& stage, const std::string& image);
  bool left_nothing() const;
};

}  // namespace cloche::image::test
