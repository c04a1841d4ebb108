// A finished run as text for people, for programs and for CI systems.
//
//   cloche::runner::Report report = runner.run(request);
//   cloche::runner::Rendered text = render(report, cloche::runner::Format::junit);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloche/runner.h"

namespace cloche::runner {

enum class Format {
  tokens,  // the program's output with the reporter's tokens in it, each stream to its own
  json,    // one object (docs/results.md), without a line break at its end
  tree,    // the tree of tests with marks, for people
  junit,   // JUnit XML, as the schema junit-10 of Jenkins' xunit plugin has it
  tap,     // TAP 14 with subtests and YAML diagnostics
};

// "tokens", "json", "tree", "junit", "tap".
std::string_view to_string(Format format);

// The format of that name; "default" is tokens, "pretty" is tree. Empty for an unknown name.
std::optional<Format> parse_format(std::string_view name);

// The names that parse_format() knows, without "default" and "pretty", for error messages.
std::vector<std::string_view> format_names();

struct RenderOptions {
  // ANSI colours, only in the format tree. Default no.
  bool colour = false;
};

// The bytes for the two streams of a command. `err` is empty except in the formats tokens and tree.
struct Rendered {
  std::string out, err;
};

// Renders any report; fails only if memory runs out. The run may have printed any bytes:
// - tokens has them as they are;
// - json, junit and tap are valid UTF-8, and junit is well-formed XML 1.0: U+FFFD replaces each
//   byte that belongs to no character and each character that XML does not allow;
// - tree lets a program colour its output, and replaces every other control character by U+FFFD.
//
// In junit and tap, a run that did not reach its end (a limit, a compile error, an incomplete
// report, a crash) has one more test named "run" that is an error or not ok, so that a CI system
// never takes it for a success.
Rendered render(const Report& report, Format format, const RenderOptions& options = {});

}  // namespace cloche::runner
