#include "sandbox/seccomp/explain.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include "cloche/error.h"
#include "sandbox/seccomp/evaluate.h"
#include "sandbox/seccomp/seccomp.h"

namespace cloche::seccomp {

namespace {

struct Known {
  Interface interface;
  const char* name;
  std::uint32_t audit_number;    // in struct seccomp_data
  std::uint32_t library_number;  // of libseccomp, which has one for x32
  Architecture compiled_for;
};

constexpr Known kInterfaces[] = {
    {Interface::x86_64, "x86_64", SCMP_ARCH_X86_64, SCMP_ARCH_X86_64, Architecture::x86_64},
    {Interface::aarch64, "aarch64", SCMP_ARCH_AARCH64, SCMP_ARCH_AARCH64, Architecture::aarch64},
    {Interface::x86, "x86", SCMP_ARCH_X86, SCMP_ARCH_X86, Architecture::x86_64},
    {Interface::x32, "x32", SCMP_ARCH_X86_64, SCMP_ARCH_X32, Architecture::x86_64},
};

const Known& known(Interface interface) {
  return *std::find_if(std::begin(kInterfaces), std::end(kInterfaces),
                       [&](const Known& each) { return each.interface == interface; });
}

std::string number_text(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, value < 65536 ? "%llu" : "%#llx",
                static_cast<unsigned long long>(value));
  return text;
}

std::string bits_text(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(value));
  return text;
}

std::string in_words(const Condition& condition) {
  const std::string argument = "argument " + std::to_string(condition.index);
  const std::string value = number_text(condition.value);
  static const std::map<scmp_compare, const char*> kWords = {
      {SCMP_CMP_NE, " is not "},      {SCMP_CMP_LT, " is less than "},
      {SCMP_CMP_LE, " is at most "},  {SCMP_CMP_EQ, " is "},
      {SCMP_CMP_GE, " is at least "}, {SCMP_CMP_GT, " is greater than "}};
  const auto words = kWords.find(condition.op);
  if (words != kWords.end()) return argument + words->second + value;
  const std::uint64_t mask = condition.value, wanted = condition.value_two;
  if (mask == 0xffffffff) return argument + " is " + number_text(wanted) + " (its lower 32 bits)";
  if (wanted == 0) return argument + " has none of the bits " + bits_text(mask);
  if (wanted == mask) return argument + " has the bits " + bits_text(mask);
  return argument + " has of the bits " + bits_text(mask) + " only " + bits_text(wanted);
}

std::vector<std::string> in_words(const Rule& rule) {
  std::vector<std::string> alternatives;
  for (const auto& alternative : rule.alternatives) {
    std::string text;
    for (const Condition& each : alternative)
      text += (text.empty() ? "" : " and ") + in_words(each);
    alternatives.push_back(text);
  }
  return alternatives;
}

struct Call {
  std::string name;
  int number;
};

Call find_call(const std::string& text, const Known& interface) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc() && end == text.data() + text.size() && number >= 0) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(interface.library_number, number), &std::free);
    return {name ? name.get() : "", number};
  }
  number = seccomp_syscall_resolve_name_arch(interface.library_number, text.c_str());
  if (number >= 0) return {text, number};
  if (number != __NR_SCMP_ERROR)
    throw Error(ErrorKind::usage, "explain " + text + ": " + interface.name + " has no such call");
  throw Error(ErrorKind::usage, "explain " + text.substr(0, 64) + ": no such call is known", 0,
              "a call newer than libseccomp is answered with ENOSYS; ask for it by its number");
}

}  // namespace

Interface parse_interface(const std::string& name) {
  std::string all;
  for (const Known& each : kInterfaces) {
    if (name == each.name) return each.interface;
    all += (all.empty() ? "" : ", ") + std::string(each.name);
  }
  throw Error(ErrorKind::usage, "find the architecture " + name, 0, "there are " + all);
}

std::string to_string(Interface interface) {
  return known(interface).name;
}

Interface native_interface() {
  return native_architecture() == Architecture::x86_64 ? Interface::x86_64 : Interface::aarch64;
}

std::string in_words(std::uint32_t answer) {
  const auto errnum = static_cast<int>(answer & SECCOMP_RET_DATA);
  switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return "allowed";
    case SECCOMP_RET_LOG:
      return "allowed, and logged by the kernel";
    case SECCOMP_RET_TRAP:
      return "refused with the signal SIGSYS";
    case SECCOMP_RET_KILL_THREAD:
      return "kills the thread";
    case SECCOMP_RET_KILL_PROCESS:
      return "kills the process";
    default:
      break;
  }
  if (errnum == 0) return "not done, and answered with success";
  const char* name = ::strerrorname_np(errnum);
  return "refused with " + (name != nullptr ? name : "errno " + std::to_string(errnum));
}

Explanation explain(const std::string& text, const std::string& origin, Interface interface,
                    const std::string& call, const std::vector<std::uint64_t>& arguments) {
  const Known& entry = known(interface);
  const Document document = read_document(text, origin, entry.compiled_for);
  const Compiled compiled = compile(text, origin, entry.compiled_for);
  const Call found = find_call(call, entry);
  seccomp_data data{};
  data.nr = found.number;
  data.arch = entry.audit_number;
  std::uint64_t given[6] = {};
  std::copy_n(arguments.begin(), std::min<std::size_t>(arguments.size(), 6), given);
  std::copy(std::begin(given), std::end(given), std::begin(data.args));

  Explanation explanation;
  explanation.call = found.name;
  explanation.number = found.number;
  explanation.otherwise = document.fallback;
  const std::uint32_t answer = evaluate(compiled.program, data);
  if (interface == Interface::x86 || interface == Interface::x32) {
    explanation.otherwise = answer;
    explanation.answer = answer;
    explanation.comment = "This way into the kernel is closed, whatever the profile says.";
    return explanation;
  }
  bool depends = false;
  std::string comment;
  for (const Rule& rule : document.rules) {
    if (std::find(rule.names.begin(), rule.names.end(), found.name) == rule.names.end()) continue;
    explanation.cases.push_back({rule.action, in_words(rule), rule.comment});
    depends = depends || !rule.alternatives.empty();
    if (comment.empty() && rule.action == answer && applies(rule, given)) comment = rule.comment;
  }
  if (depends && arguments.empty()) return explanation;
  explanation.answer = answer;
  explanation.comment = comment;
  if (explanation.cases.empty() && answer != document.fallback)
    explanation.comment = "The call is newer than this libseccomp, and so than any profile.";
  return explanation;
}

}  // namespace cloche::seccomp
