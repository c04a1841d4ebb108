#include "sandbox/seccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "cloche/error.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::seccomp {

namespace {

using nlohmann::json;

[[noreturn]] void bad(const std::string& origin, const std::string& what) {
  throw Error(ErrorKind::bad_data, "read the seccomp profile " + origin + ": " + what);
}

std::uint32_t action(const std::string& name, std::uint32_t errnum, const std::string& origin) {
  if (name == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (name == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(errnum);
  if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_THREAD") return SCMP_ACT_KILL_THREAD;
  if (name == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  if (name == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  bad(origin, "unsupported action \"" + name + "\"");
}

scmp_compare comparison(const std::string& name, const std::string& origin) {
  static const std::map<std::string, scmp_compare> known = {
      {"SCMP_CMP_NE", SCMP_CMP_NE},
      {"SCMP_CMP_LT", SCMP_CMP_LT},
      {"SCMP_CMP_LE", SCMP_CMP_LE},
      {"SCMP_CMP_EQ", SCMP_CMP_EQ},
      {"SCMP_CMP_GE", SCMP_CMP_GE},
      {"SCMP_CMP_GT", SCMP_CMP_GT},
      {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  const auto found = known.find(name);
  if (found == known.end()) bad(origin, "unknown comparison \"" + name + "\"");
  return found->second;
}

// The name of this machine's architecture as Docker's conditions write it.
std::string docker_architecture() {
#if defined(__x86_64__)
  return "amd64";
#else
  return "arm64";
#endif
}

bool contains(const json& list, const std::string& value) {
  for (const json& entry : list)
    if (entry == value) return true;
  return false;
}

// Whether a rule applies to a program without capabilities on this machine.
bool applies(const json& rule) {
  const json includes = rule.value("includes", json::object());
  const json excludes = rule.value("excludes", json::object());
  if (!includes.value("caps", json::array()).empty()) return false;
  const json wanted = includes.value("arches", json::array());
  if (!wanted.empty() && !contains(wanted, docker_architecture())) return false;
  return !contains(excludes.value("arches", json::array()), docker_architecture());
}

void add_rule(scmp_filter_ctx filter, std::uint32_t fallback, const json& rule,
              const std::string& origin) {
  const std::uint32_t what =
      action(rule.at("action").get<std::string>(), rule.value("errnoRet", 1u), origin);
  if (what == fallback) return;  // says nothing new, and libseccomp refuses it
  std::vector<scmp_arg_cmp> conditions;
  for (const json& arg : rule.value("args", json::array()))
    conditions.push_back(
        {arg.at("index").get<unsigned>(), comparison(arg.at("op").get<std::string>(), origin),
         arg.at("value").get<std::uint64_t>(), arg.value("valueTwo", std::uint64_t{0})});
  for (const json& entry : rule.at("names")) {
    const auto name = entry.get<std::string>();
    const int number = seccomp_syscall_resolve_name(name.c_str());
    // Calls of other machines, or newer than this libseccomp: nothing here can make them.
    if (number == __NR_SCMP_ERROR || number < 0) continue;
    const int failed = seccomp_rule_add_array(
        filter, what, number, static_cast<unsigned>(conditions.size()), conditions.data());
    if (failed != 0) bad(origin, "rule for " + name + ": " + Error::from_errno("", -failed).what());
  }
}

// The highest number that this libseccomp has a name for.
std::uint32_t newest_known_call() {
  int number = 1023;
  for (; number > 0; --number) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
    if (name) break;
  }
  return static_cast<std::uint32_t>(number);
}

// Libraries try new calls first and fall back on ENOSYS, but not on EPERM. So calls that are newer
// than any profile could name are answered with ENOSYS, before the profile is asked.
std::string answer_unknown_calls() {
  constexpr std::uint32_t kX32 = 0x40000000;
  const sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest_known_call(), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  return std::string(reinterpret_cast<const char*>(program), sizeof program);
}

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 14695981039346656037ull;  // FNV-1a
  for (const char byte : text)
    value = (value ^ static_cast<unsigned char>(byte)) * 1099511628211ull;
  return value;
}

}  // namespace

std::string compile(std::string_view profile, const std::string& origin) {
  json document;
  try {
    document = json::parse(profile, nullptr, true, true);
  } catch (const json::parse_error& error) {
    bad(origin, error.what());
  }
  try {
    const std::uint32_t fallback =
        action(document.at("defaultAction").get<std::string>(),
               document.value("defaultErrnoRet", static_cast<unsigned>(EPERM)), origin);
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(fallback),
                                                                   &seccomp_release);
    if (!filter) throw Error(ErrorKind::internal, "make a seccomp filter");
    seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree
    for (const json& rule : document.value("syscalls", json::array()))
      if (applies(rule)) add_rule(filter.get(), fallback, rule, origin);
    const UniqueFd file = memory_file({});
    if (const int failed = seccomp_export_bpf(filter.get(), file.get()); failed != 0)
      throw Error::from_errno("compile the seccomp profile " + origin, -failed);
    ::lseek(file.get(), 0, SEEK_SET);
    return answer_unknown_calls() + read_all(file.get(), "the compiled seccomp profile");
  } catch (const json::exception& error) {
    bad(origin, error.what());
  }
}

Filter load(const std::string& profile) {
  const std::string path =
      profile.starts_with('/') ? profile : data_path("profiles/seccomp/" + profile + ".json");
  const std::string content = read_file(path);
  const scmp_version* version = seccomp_version();
  const std::string key = content + std::to_string(version->major) + '.' +
                          std::to_string(version->minor) + '.' + std::to_string(version->micro);
  char name[40];
  std::snprintf(name, sizeof name, "/seccomp/%016llx.bpf",
                static_cast<unsigned long long>(hash(key)));
  const std::string cached = cache_path() + name;
  // The length of the source is part of the entry, so that two profiles would have to agree in
  // both.
  const std::string mark = std::to_string(content.size()) + "\n";
  if (::access(cached.c_str(), R_OK) == 0) {
    const std::string entry = read_file(cached);
    if (entry.starts_with(mark))
      return {memory_file(std::string_view(entry).substr(mark.size())), 0x50001, false};
  }
  const std::string program = compile(content, path);
  try {
    replace_file(cached, mark + program);
  } catch (const Error&) {
    // Without a writable cache each launcher compiles for itself.
  }
  return {memory_file(program), 0x50001, false};
}

}  // namespace cloche::seccomp
