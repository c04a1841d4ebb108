#include <fcntl.h>

#include "cloche/host.h"
#include "sandbox/cgroup/base.h"
#include "sandbox/cgroup/tree.h"
#include "util/fd.h"

namespace cloche {

void settle_control_groups() {
  // find_base() moves this process into a leaf of its group. Its children can use the group above
  // the leaf because that group passes controllers on.
  const std::string base = cgroup::find_base();
  if (base.empty()) return;
  const UniqueFd directory(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return;
  for (const char* controller : cgroup::kControllers) cgroup::pass_on(directory.get(), controller);
}

}  // namespace cloche
