#include "runner/run/image_spec.h"

#include "runner/run/environment.h"

namespace cloche::runner {

Spec spec_of(const image::Image& image, const Limits& limits, const std::string& user) {
  Spec spec;
  spec.rootfs = image.rootfs;
  spec.environment = merge_environment(spec.environment, image.config.env);
  if (const auto ids = image::find_user(image, user.empty() ? image.config.user : user))
    spec.user = {ids->user, ids->group};
  spec.limits = limits;
  return spec;
}

}  // namespace cloche::runner
