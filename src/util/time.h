// Points in time as documents write them.
#pragma once

#include <cstdint>
#include <string>

namespace cloche {

// Seconds since 1970 as RFC 3339 in UTC: "2026-11-21T12:00:00Z".
std::string utc_time(std::int64_t seconds);

}  // namespace cloche
