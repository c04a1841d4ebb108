// Judges an import from outside: what lies beside the store, what was in it before, and what of the
// host hostile images aim at must be as they were.
#pragma once

#include <string>

#include "hostile.h"
#include "image/fixture.h"
#include "image/snapshot.h"

namespace cloche::image::test {

// Forbidden properties of an unpacked tree: set-id bits, nodes, extended attributes other than
// user.*. Empty if there are none.
std::string forbidden_in(const std::string& root);

// Whether a terminal shows it as one line and nothing else.
bool printable_line(const std::string& text);

// A store with an image in it, and what lies around it.
class Scene {
 public:
  Scene();
  Aim aim() const { return {place_ / "aim"}; }
  const Directory& place() const { return place_; }
  Store& store() { return store_; }

  // Imports `source` as "image"; then everything is judged. The error, if there was one.
  std::optional<Error> attempt(const std::string& source, const std::string& reference = {});
  // The root file system of the last attempt, until forget().
  const std::string& root() const { return root_; }
  // Removes the image that was taken. The store must be as it was before.
  void forget();

 private:
  void look_around();

  Directory place_;
  Store store_;
  Snapshot around_, host_, before_;
  std::string root_;
};

}  // namespace cloche::image::test
