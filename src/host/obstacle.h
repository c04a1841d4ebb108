// Why this host refuses namespaces.
#pragma once

#include <string>

namespace cloche::host {

struct Obstacle {
  std::string cause;
  std::string remedy;  // a command or what to change

  // For the hint of an Error.
  std::string words() const { return cause + "; " + remedy; }
};

// What is known to forbid namespaces, or to take the rights in them, here and now. `errnum` is what
// the attempt to make or use them failed with.
Obstacle what_forbids_namespaces(int errnum);

}  // namespace cloche::host
