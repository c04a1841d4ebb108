// The small files by which control groups are read and set: cgroups(7).
#pragma once

#include <cstdint>
#include <string>

namespace cloche::cgroup {

// The content of a file in a group's directory; empty if it cannot be read.
std::string read_at(int directory, const char* name);

// Whether the kernel took the value.
bool write_at(int directory, const char* name, const std::string& value);

// The number behind `key` in a file of "key number" lines; 0 if there is none.
std::uint64_t value_of(const std::string& text, const std::string& key);

// Whether a list of words has this one.
bool has_word(const std::string& words, const std::string& word);

}  // namespace cloche::cgroup
