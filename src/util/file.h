// Reads and writes whole small files of the host's own (configuration, profiles, store records).
// Never used for files that sandboxed code could have made.
#pragma once

#include <string>
#include <string_view>

#include "util/fd.h"

namespace cloche {

// The content of the file at `path`. Throws Error: no_input if it is not there, else by errno.
std::string read_file(const std::string& path);

// The same, or nothing if it cannot be read.
std::string small_file(const std::string& path);

// Everything that can be read from a descriptor, until its end. `what` names it in errors.
std::string read_all(int fd, const std::string& what);

// Writes all of `bytes`, however many calls it takes. `what` names the target in errors.
void write_all(int fd, std::string_view bytes, const std::string& what);

// Replaces the file at `path` in one step: readers see the old content or the new, and an error or
// a crash leaves the old. Creates missing parent directories.
void replace_file(const std::string& path, std::string_view content);

// The two ends of a pipe, close-on-exec.
struct Pipe {
  UniqueFd read, write;
};
// Throws Error by errno.
Pipe make_pipe();

// A file without a name, in memory, that holds `content` and is positioned at its beginning.
UniqueFd memory_file(std::string_view content);

}  // namespace cloche
