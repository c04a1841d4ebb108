#include "runner/request/services.h"

#include <algorithm>

#include "cloche/error.h"
#include "runner/profile/service.h"
#include "util/nearest.h"

namespace cloche::runner {

namespace {

// A word for the shell.
std::string shell_word(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string call_line(const std::string& function, const Service& service, const std::string& more,
                      const std::vector<std::string>& argv) {
  std::string text = function + " " + shell_word(service.name) + more;
  for (const std::string& word : argv) text += " " + shell_word(word);
  return text + "\n";
}

// All services start before the first is waited for.
std::string start_script(const std::vector<Service>& services) {
  std::string script = ". " + std::string(kAdapters) + "/services/services.sh\n";
  for (const Service& service : services) script += call_line("start", service, "", service.start);
  for (const Service& service : services) {
    const std::string limit = " " + std::to_string(service.ready_limit.count());
    script += service.ready.empty()
                  ? call_line("wait_for_output", service, limit, {service.ready_output})
                  : call_line("wait_for", service, limit, service.ready);
  }
  return script;
}

void put_before(PlannedStep& step, const std::string& script) {
  step.argv.insert(step.argv.begin(), {"sh", "-c", script, "sh"});
}

void check_known(const std::string& name, const Profile& profile) {
  const std::vector<std::string>& known = profile.services;
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  std::string list;
  for (const std::string& other : known) list += (list.empty() ? "" : ", ") + other;
  throw Error(ErrorKind::usage, "start the service \"" + name + "\" for " + profile.title, 0,
              known.empty()
                  ? profile.title + " has no services"
                  : "the nearest known is " + nearest_name(name, known) + "; services: " + list);
}

}  // namespace

void plan_services(Plan& plan, const SettledRequest& settled, const Mode& mode) {
  std::vector<std::string> names = mode.services;
  for (const std::string& name : settled.request.services) {
    check_known(name, settled.found.profile);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  if (names.empty()) return;
  std::vector<Service> services;
  for (const std::string& name : names) services.push_back(find_service(name));
  const std::string start = start_script(services);
  // The program takes the place of the shell. The end of the sandbox kills the services.
  put_before(plan.run, start + "exec \"$@\"\n");
  if (!plan.shell) return;
  // The last step starts them again, so they must leave their data whole.
  std::string stop;
  for (const Service& service : services)
    if (!service.stop.empty()) stop += call_line("stop", service, "", service.stop);
  put_before(*plan.shell, start + "\"$@\"\nstatus=$?\n" + stop + "exit $status\n");
}

}  // namespace cloche::runner
