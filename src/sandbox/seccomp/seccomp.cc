#include "sandbox/seccomp/seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "cloche/error.h"
#include "sandbox/protocol.h"
#include "sandbox/seccomp/cache.h"
#include "sandbox/seccomp/evaluate.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::seccomp {

namespace {

[[noreturn]] void bad(const std::string& origin, const std::string& what) {
  throw Error(ErrorKind::bad_data, "use the seccomp profile " + origin + ": " + what);
}

std::string name_of(std::uint32_t arch, int number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(arch, number), &std::free);
  return name ? std::string(name.get()) : std::string();
}

std::uint32_t answer(std::string_view program, const char* name,
                     const std::uint64_t (&arguments)[6] = {}) {
  seccomp_data call{};
  call.nr = call_number(name, native_architecture());
  call.arch = audit_number(native_architecture());
  std::memcpy(call.args, arguments, sizeof call.args);
  return evaluate(program, call);
}

// Whether the program allows the call by which init starts a program where execve is refused.
bool allows_exec_by_descriptor(std::string_view program) {
  return allows(
      answer(program, "execveat", {protocol::kProgramDescriptor, 0, 0, 0, AT_EMPTY_PATH}));
}

}  // namespace

int call_number(const std::string& name, Architecture architecture) {
  const int number = seccomp_syscall_resolve_name_arch(audit_number(architecture), name.c_str());
  return number < 0 ? -1 : number;
}

bool is_known_call(const std::string& name) {
  return seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR;
}

std::string call_name(int number, Architecture architecture) {
  return name_of(audit_number(architecture), number);
}

std::string describe_call(std::uint32_t arch, std::int32_t number) {
  constexpr std::int32_t kX32 = 0x40000000;
  std::string prefix;
  if (arch == SCMP_ARCH_X86) {
    prefix = "i386 ";
  } else if (arch == SCMP_ARCH_X86_64 && (number & kX32) != 0) {
    prefix = "x32 ";
    number &= ~kX32;
  } else if (arch != seccomp_arch_native()) {
    prefix = "foreign ";
  }
  const std::string name = name_of(arch, number);
  return prefix + (name.empty() ? "call " + std::to_string(number) : name);
}

bool exec_by_descriptor(std::string_view program) {
  return !allows(answer(program, "execve")) && allows_exec_by_descriptor(program);
}

void check_usable(std::string_view program, const std::string& origin) {
  const auto need = [&](const char* name, const std::uint64_t(&arguments)[6] = {}) {
    if (!allows(answer(program, name, arguments)))
      bad(origin, std::string("it refuses ") + name + ", which starting any program takes");
  };
  need("close_range", {3, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */});
  if (call_number("dup2", native_architecture()) >= 0) need("dup2", {3, 0});
  need("dup3", {3, 0, 0});
  need("fcntl", {3, F_SETFD, 0});
  need("write", {1, 0, 1});
  need("exit", {127});
  need("exit_group", {127});
  if (!allows_exec_by_descriptor(program)) need("execve");
}

std::string profile_path(const std::string& profile) {
  return profile.starts_with('/') ? profile : data_path("profiles/seccomp/" + profile + ".json");
}

Filter load(const std::string& profile) {
  const std::string path = profile_path(profile);
  const std::string content = read_file(path);
  std::optional<Compiled> compiled = cached(content);
  if (!compiled) {
    compiled = compile(content, path);
    check_usable(compiled->program, path);
    cache(content, *compiled);
  }
  const std::uint32_t refusal =
      allows(compiled->fallback) ? SCMP_ACT_ERRNO(EPERM) : compiled->fallback;
  return {memory_file(compiled->program), refusal, exec_by_descriptor(compiled->program)};
}

}  // namespace cloche::seccomp
