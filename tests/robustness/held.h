// The resources that this process holds, and those that the host holds for it.
#pragma once

#include <cstddef>
#include <string>

struct Held {
  std::size_t descriptors = 0, threads = 0, children = 0;
  std::size_t mounts = 0;      // seen by this process
  std::size_t namespaces = 0;  // network namespaces of this process and its descendants
  std::size_t groups = 0;      // control groups of this process
  std::size_t leases = 0;      // user ids lent to sandboxes of this process
  std::size_t files = 0;       // in /run/cloche

  bool operator==(const Held&) const = default;
};

Held held();
std::string to_string(const Held& held);  // for messages

// Resident memory of this process in bytes.
std::size_t resident_bytes();

// The number of runs of a test: CLOCHE_TEST_RUNS, else `usual`, which takes little time.
unsigned wanted_runs(unsigned usual);
