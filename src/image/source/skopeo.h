// The program skopeo, which can read every kind of place that holds images.
#pragma once

#include <functional>
#include <string>

#include "cloche/error.h"
#include "image/child_lines.h"

namespace cloche::image {

class Skopeo {
 public:
  // hold: a descriptor that the program keeps open while it runs, such as that of a lock. scratch:
  // a directory for its temporary files. Throws Error unsupported if skopeo is missing.
  Skopeo(int hold, std::string scratch, bool tls_verify, std::string authfile, Deadline deadline);

  // The manifest or index that `reference` names, unchanged. `tick` is called several times a
  // second and may throw.
  std::string manifest(const std::string& reference, const std::function<void()>& tick) const;
  // Copies the image that `reference` names for this machine into an OCI layout at `path`.
  void copy(const std::string& reference, const std::string& path,
            const std::function<void()>& tick) const;

 private:
  std::string run(std::vector<std::string> argv, const std::string& tried,
                  const std::function<void()>& tick) const;

  const int hold_;
  const std::string scratch_;
  const bool tls_verify_;
  const std::string authfile_;
  const Deadline deadline_;
};

// Throws Error usage for a reference without a transport, which Docker would accept.
void check_reference(const std::string& reference);

// The reason of a failure: the last line that skopeo wrote to standard error, without its
// decoration.
std::string skopeo_reason(const std::string& said);
// The kind of a failure with this reason.
ErrorKind skopeo_kind(const std::string& reason);

}  // namespace cloche::image
