#include "sandbox/seccomp.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "cloche/error.h"
#include "sandbox/seccomp_cache.h"
#include "sandbox/seccomp_evaluate.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::seccomp {

namespace {

[[noreturn]] void bad(const std::string& origin, const std::string& what) {
  throw Error(ErrorKind::bad_data, "use the seccomp profile " + origin + ": " + what);
}

void add_rule(scmp_filter_ctx filter, const Rule& rule, const std::string& origin,
              Architecture architecture) {
  for (const std::string& name : rule.names) {
    // Calls of other machines, or newer than this libseccomp: nothing here can make them.
    if (call_number(name, architecture) < 0) continue;
    // libseccomp takes the number of the machine it runs on and translates it.
    const int number = seccomp_syscall_resolve_name(name.c_str());
    const auto add = [&](const std::vector<Condition>& conditions) {
      std::vector<scmp_arg_cmp> comparisons;
      for (const Condition& each : conditions)
        comparisons.push_back({each.index, each.op, each.value, each.value_two});
      const int failed =
          seccomp_rule_add_array(filter, rule.action, number,
                                 static_cast<unsigned>(comparisons.size()), comparisons.data());
      // The same rule twice is no harm.
      if (failed != 0 && failed != -EEXIST)
        bad(origin, "rule for " + name + ": " + ::strerrordesc_np(-failed));
    };
    if (rule.alternatives.empty()) add({});
    for (const auto& alternative : rule.alternatives) add(alternative);
  }
}

// The highest number that this libseccomp has a name for.
std::uint32_t newest_known_call(Architecture architecture) {
  int number = 1023;
  while (number > 0 && call_name(number, architecture).empty()) --number;
  return static_cast<std::uint32_t>(number);
}

// What holds for every profile, before it is asked.
//
// Libraries try new calls first and fall back on ENOSYS, but not on EPERM. So calls that are newer
// than any profile could name are answered with ENOSYS.
//
// init listens to the calls that the profile refuses. A program's own listener for the same calls
// would come before it, and could let them happen. The kernel takes but one listener; this does not
// leave it to the kernel alone, and answers as it does.
std::string preamble(Architecture architecture) {
  constexpr std::uint32_t kX32 = 0x40000000;
  const auto seccomp_call = static_cast<std::uint32_t>(call_number("seccomp", architecture));
  const sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit_number(architecture), 0, 8),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32, 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest_known_call(architecture), 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_call, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, 2),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EBUSY),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  return std::string(reinterpret_cast<const char*>(program), sizeof program);
}

std::uint32_t answer(std::string_view program, const char* name,
                     const std::uint64_t (&arguments)[6] = {}) {
  seccomp_data call{};
  call.nr = call_number(name, native_architecture());
  call.arch = audit_number(native_architecture());
  std::memcpy(call.args, arguments, sizeof call.args);
  return evaluate(program, call);
}

// The call by which init starts a program where execve is refused.
bool allows_exec_by_descriptor(std::string_view program) {
  return allows(answer(program, "execveat", {65535, 0, 0, 0, AT_EMPTY_PATH}));
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
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(audit_number(architecture), number), &std::free);
  return name ? std::string(name.get()) : std::string();
}

Compiled compile(std::string_view profile, const std::string& origin, Architecture architecture) {
  const Document document = read_document(profile, origin, architecture);
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(document.fallback),
                                                                 &seccomp_release);
  if (!filter) throw Error(ErrorKind::internal, "make a seccomp filter");
  if (architecture != native_architecture() &&
      (seccomp_arch_add(filter.get(), audit_number(architecture)) != 0 ||
       seccomp_arch_remove(filter.get(), audit_number(native_architecture())) != 0))
    throw Error(ErrorKind::internal, "make a seccomp filter for another architecture");
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree
  for (const Rule& rule : document.rules) add_rule(filter.get(), rule, origin, architecture);
  const UniqueFd file = memory_file({});
  if (const int failed = seccomp_export_bpf(filter.get(), file.get()); failed != 0)
    throw Error::from_errno("compile the seccomp profile " + origin, -failed);
  ::lseek(file.get(), 0, SEEK_SET);
  Compiled compiled{preamble(architecture) + read_all(file.get(), "the compiled seccomp profile"),
                    document.fallback};
  if (compiled.program.size() / sizeof(sock_filter) > BPF_MAXINSNS)
    bad(origin, "it becomes longer than the " + std::to_string(BPF_MAXINSNS) +
                    " instructions that the kernel takes");
  return compiled;
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
  return {memory_file(compiled->program), compiled->fallback,
          exec_by_descriptor(compiled->program)};
}

}  // namespace cloche::seccomp
