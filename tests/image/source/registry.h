// A registry on loopback: Debian's docker-registry.
#pragma once

#include <sys/types.h>

#include <string>

#include "image/fixture.h"

namespace cloche::image::test {

class Registry {
 public:
  // Returns when it answers. password: of its only user, "user"; empty allows everybody.
  explicit Registry(const Directory& directory, const std::string& password = {});
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // "127.0.0.1:PORT"
  const std::string& address() const { return address_; }
  // Copies the image that `layout` has under `tag` to NAME there.
  void push(const std::string& layout, const std::string& name, const std::string& how = "oci");

 private:
  const Directory& directory_;
  const std::string password_;
  std::string address_;
  pid_t pid_ = -1;
};

}  // namespace cloche::image::test
