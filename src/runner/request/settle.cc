#include "runner/request/settle.h"

#include "runner/request/project.h"
#include "runner/request/statements.h"

namespace cloche::runner {

SettledRequest settle(Request request, FoundProfile found) {
  SettledRequest settled{std::move(request), std::move(found)};
  apply_statements(settled.request);
  settled.project = is_project(settled.request);
  if (settled.project) apply_project_files(settled.request);
  return settled;
}

SettledRequest settle(Request request) {
  FoundProfile found = find_profile(request.language, profile_directory());
  return settle(std::move(request), std::move(found));
}

}  // namespace cloche::runner
