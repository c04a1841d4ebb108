// Judges an import from outside: the files beside the store, the earlier content of the store, and
// the parts of the host that hostile images aim at must be unchanged.
#pragma once

#include <string>

#include "hostile.h"
#include "image/fixture.h"
#include "image/snapshot.h"

namespace cloche::image::test {

// Forbidden properties of an unpacked tree: set-id bits, nodes, extended attributes other than
// user.*. Empty if there are none.
std::string forbidden_in(const std::string& root);

// Whether a terminal shows the text as one line, without other effects.
bool printable_line(const std::string& text);

// A store with an image in it, and the files around it.
class Scene {
 public:
  Scene();
  Aim aim() const { return {place_ / "aim"}; }
  const Directory& place() const { return place_; }
  Store& store() { return store_; }

  // Imports `source` as "image", then judges everything. Returns the error, if there was one.
  std::optional<Error> attempt(const std::string& source, const std::string& reference = {});
  // The root file system of the last attempt, until forget().
  const std::string& root() const { return root_; }
  // Removes the imported image. The store must then be as before.
  void forget();

 private:
  void look_around();

  Directory place_;
  Store store_;
  Snapshot around_, host_, before_;
  std::string root_;
};

}  // namespace cloche::image::test
