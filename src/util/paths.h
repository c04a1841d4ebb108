// The places of cloche's own files.
#pragma once

#include <string>

namespace cloche {

// A file or directory that cloche ships: data_path("profiles/languages"). Looked for below
// $CLOCHE_DATA_DIR, else in the installed data directory, else (in a build that is not installed)
// in the source tree. Throws Error no_input if it is in none of them.
std::string data_path(const std::string& relative);

// The path of a file in the directory host/ that cloche ships: shipped_file("apparmor/cloche"). If
// it is not installed, its name in the sources.
std::string shipped_file(const std::string& relative);

// A helper program that cloche ships: helper_path("cloche-unpack"): installed in libexec, or beside
// the running program in a build that is not installed. Throws Error no_input.
std::string helper_path(const std::string& program);

// The program `cloche` itself, installed or of the build tree. Throws Error no_input.
std::string command_path();

// The user's cache directory: $XDG_CACHE_HOME/cloche or ~/.cache/cloche, and
// /var/cache/cloche for root. Not created.
std::string cache_path();

// The user's image store: $CLOCHE_STORE, $XDG_DATA_HOME/cloche/store or
// ~/.local/share/cloche/store (an installation in ~/.local uses the directory above it), and
// /var/lib/cloche for root. Not created.
std::string store_path();

// Root's image store, which every user may read.
inline constexpr const char* kSystemStore = "/var/lib/cloche";

}  // namespace cloche
