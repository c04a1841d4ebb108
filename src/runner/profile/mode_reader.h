// Reads the modes of a profile: files, steps, limits and what is cleaned.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runner/profile/profile.h"
#include "util/json_node.h"

namespace cloche::runner {

// Every function throws Error bad_data, which names the place.
class ModeReader {
 public:
  // The placeholders that exist, beside those of options.
  explicit ModeReader(std::vector<std::string> names) : names_(std::move(names)) {}

  // A member of "layouts", which modes may then name.
  void add_layout(const std::string& name, const Node& node);
  // Limits that are not given are those of `base`.
  void read_limits(ModeLimits& limits, const Node& node) const;
  // Keys that are no mode's are for the caller to allow and to read.
  Mode mode(const Node& node, bool reporter, const ModeLimits& base);
  Clean clean(const Node& node) const;
  // A list of names.
  std::vector<std::string> services(const Node& node) const;
  // The member "environment" of a node, which may be missing.
  std::map<std::string, std::string> environment(const Node& node);
  // Whether `name` is one of those that modes used so far.
  bool used(const std::string& name) const { return used_.count(name) > 0; }
  // Fails if a layout is used by no mode.
  void check_layouts(const Node& layouts) const;

 private:
  struct Layout {
    std::vector<FileTemplate> files;
    std::set<std::string> placeholders;
    bool used = false;
  };

  // Notes the use of a placeholder, or fails.
  void use(const std::string& name, const Node& node, bool in_each);
  std::string templated(const Node& node, bool in_each = false);
  Condition condition(const Node& node);
  Words words(const Node& node);
  StepTemplate step(const Node& node);
  FileTemplate file(const std::string& path, const Node& node);
  void files(std::vector<FileTemplate>& list, const Node& node);
  std::vector<CleanRule> rules(const Node& node) const;

  const std::vector<std::string> names_;
  std::map<std::string, Layout> layouts_;
  std::set<std::string> used_;          // in any mode
  std::set<std::string> placeholders_;  // in the mode or layout that is being read
};

}  // namespace cloche::runner
