// The sandbox's result of one execution as JSON (docs/results.md).
#pragma once

#include "cloche/sandbox.h"
#include "util/json_node.h"

namespace cloche::runner {

// Milliseconds, with microseconds after the decimal point.
double milliseconds(std::chrono::nanoseconds time);

// "usage": times in ms, sizes in bytes, counts.
Json usage_json(const Result& result);

// "enforcedBy": the mechanism behind each limit, by names.
Json enforced_by_json(const std::map<LimitKind, Mechanism>& enforced_by);

// "limits": the mechanism behind each limit, and the limits that were met.
Json limits_json(const Result& result);

// Puts `name` with the text, and nameBase64 with the exact bytes if it is not UTF-8.
void put_output(Json& json, const std::string& name, const std::string& bytes);

// The number, or null.
Json or_null(const std::optional<int>& number);
// The signal's name, or null.
Json signal_or_null(const std::optional<int>& signal);

}  // namespace cloche::runner
