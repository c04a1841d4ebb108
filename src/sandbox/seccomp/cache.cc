#include "sandbox/seccomp/cache.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>

#include "cloche/error.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::seccomp {

namespace {

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 14695981039346656037ull;  // FNV-1a
  for (const char byte : text)
    value = (value ^ static_cast<unsigned char>(byte)) * 1099511628211ull;
  return value;
}

// Identifies the build of this code by the file that it was loaded from, library or program.
std::string build() {
  Dl_info own{};
  const bool known = ::dladdr(reinterpret_cast<const void*>(&cached), &own) != 0 &&
                     own.dli_fname != nullptr && own.dli_fname[0] == '/';
  struct stat status {};
  ::stat(known ? own.dli_fname : "/proc/self/exe", &status);
  return std::to_string(status.st_dev) + ' ' + std::to_string(status.st_ino) + ' ' +
         std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec);
}

// Everything that the compiled form of a profile depends on: the code that compiles it, the library
// that knows the names, the kernel (conditions may ask for its version), and the profile itself. An
// entry begins with this key, so two profiles with the same hash do no harm.
std::string key_of(const std::string& content) {
  const scmp_version* version = seccomp_version();
  utsname kernel{};
  ::uname(&kernel);
  return "cloche seccomp " + build() + ' ' + std::to_string(version->major) + '.' +
         std::to_string(version->minor) + '.' + std::to_string(version->micro) + ' ' +
         kernel.release + ' ' + kernel.machine + ' ' + std::to_string(content.size()) + "\n" +
         content;
}

std::string path_of(const std::string& key) {
  char name[40];
  std::snprintf(name, sizeof name, "/seccomp/%016llx.bpf",
                static_cast<unsigned long long>(hash(key)));
  return cache_path() + name;
}

// The content of a file that only this user can have written.
std::optional<std::string> read_own(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return std::nullopt;
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return std::nullopt;
  return read_all(file.get(), path);
}

}  // namespace

std::optional<Compiled> cached(const std::string& content) {
  const std::string key = key_of(content);
  std::optional<std::string> entry;
  try {
    entry = read_own(path_of(key));
  } catch (const Error&) {
    // There is no cache, for example without a home directory; see the header.
  }
  if (!entry || !entry->starts_with(key)) return std::nullopt;
  const std::string_view rest = std::string_view(*entry).substr(key.size());
  constexpr std::size_t kHead = 9;  // eight hexadecimal digits of the fallback and a line break
  unsigned fallback = 0;
  if (rest.size() <= kHead || rest[kHead - 1] != '\n' ||
      std::sscanf(std::string(rest.substr(0, kHead)).c_str(), "%8x", &fallback) != 1 ||
      (rest.size() - kHead) % sizeof(sock_filter) != 0)
    return std::nullopt;
  return Compiled{std::string(rest.substr(kHead)), fallback};
}

void cache(const std::string& content, const Compiled& compiled) {
  char fallback[12];
  std::snprintf(fallback, sizeof fallback, "%08x\n", compiled.fallback);
  const std::string key = key_of(content);
  try {
    replace_file(path_of(key), key + fallback + compiled.program);
  } catch (const Error&) {
    // See the header.
  }
}

}  // namespace cloche::seccomp
