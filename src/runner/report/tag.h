// The tags of events: one enum, one table.
#pragma once

#include <optional>
#include <string_view>

namespace cloche::runner {

enum class Tag {
  describe,      // begins a group; text: its name
  it,            // begins a test; text: its name
  passed,        // an assertion held; text: a message
  failed,        // an assertion did not hold; text: why
  error,         // an exception or a crash; text: what happened
  completed_in,  // ends the group or test that was begun last; milliseconds: how long it took
  log,           // text to be shown; label: its title, mode: "" or how to show it
  tab,           // the same, in a tab of its own
  out,           // text that is output of the program
  prop,          // a property; label: its name
  status,        // a remark about progress, shown but not kept
  skipped,       // the test was skipped; text: why. Kept but not shown
  sync,          // nothing: it only waits for the answer
  end,           // ends a report
  value,         // of a call; text: the value as JSON
  no_value,      // of a call; text: why there is no value
};

// "DESCRIBE", "IT", "PASSED", ...
std::string_view name_of(Tag tag);

// Empty for a name that is no tag.
std::optional<Tag> tag_named(std::string_view name);

// Whether the event is shown to readers. SYNC, END, VALUE and NOVALUE are for the runner only.
bool is_token(Tag tag);

}  // namespace cloche::runner
