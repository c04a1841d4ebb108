// The events of a reporter. The channel reads them, and the report is built from them.
#pragma once

#include <optional>
#include <string>

#include "runner/report/tag.h"

namespace cloche::runner {

// One event of a reporter. All texts are UTF-8 and within the limits of the channel.
struct Event {
  Tag tag = Tag::sync;
  std::string text;
  std::string mode;
  std::string label;
  bool lead = true;  // an empty line goes before the token
  std::optional<double> milliseconds;
  bool cut = false;  // the channel has cut the text
};

}  // namespace cloche::runner
