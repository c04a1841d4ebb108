// Why this host refuses namespaces.
#pragma once

#include <string>

namespace cloche {

struct Obstacle {
  std::string cause;   // one clause: "user namespaces are closed to ordinary users"
  std::string remedy;  // a command or what to change

  // For the hint of an Error.
  std::string words() const { return cause + "; " + remedy; }
};

// Finds why namespaces cannot be made or used now. `errnum` is the errno of the failed attempt.
Obstacle what_forbids_namespaces(int errnum);

}  // namespace cloche
