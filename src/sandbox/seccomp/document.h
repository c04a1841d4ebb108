// A seccomp profile as it is written: the JSON form of OCI runtimes (runtime-spec, config-linux.md,
// "Seccomp") with what Docker and Podman add to it, read and checked, but not yet compiled.
#pragma once

#include <seccomp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cloche::seccomp {

// The machine that a program of a profile is for.
enum class Architecture { x86_64, aarch64 };

// The architecture that this file is compiled for.
constexpr Architecture native_architecture() {
#if defined(__x86_64__)
  return Architecture::x86_64;
#else
  return Architecture::aarch64;
#endif
}

// The number of the architecture in struct seccomp_data (AUDIT_ARCH_..., which libseccomp uses,
// too).
std::uint32_t audit_number(Architecture architecture);

// A comparison of one argument of a call. All 64 bits of the argument take part.
struct Condition {
  unsigned index;  // 0 to 5
  scmp_compare op;
  std::uint64_t value;
  std::uint64_t value_two;  // for SCMP_CMP_MASKED_EQ: argument & value == value_two
};

bool holds(const Condition& condition, const std::uint64_t (&arguments)[6]);

struct Rule {
  std::vector<std::string> names;
  std::uint32_t action;  // a SECCOMP_RET_ value
  // The rule applies if all conditions of one alternative hold. None: it applies always.
  std::vector<std::vector<Condition>> alternatives;
  std::string comment;
};

bool applies(const Rule& rule, const std::uint64_t (&arguments)[6]);

struct Document {
  std::string comment;
  std::uint32_t fallback;  // the SECCOMP_RET_ value for calls that no rule applies to
  // The rules for programs without capabilities on the architecture, except those whose action is
  // the fallback anyway. The first rule that applies to a call decides.
  std::vector<Rule> rules;
};

// Reads a profile. `origin` names it in errors. Throws Error bad_data, with line and column for
// broken JSON, else with the place ("syscalls[3].args[0]") and the defect there.
//
// Unknown keys are errors, because a misspelt restriction would restrict nothing. Rules that depend
// on capabilities are read as for a program that has none; rules that depend on the kernel are read
// as for the running one. Several conditions on the same argument are alternatives, as in runc.
// cloche puts one rule of its own first: no program may listen to the calls of others.
// "architectures" and "archMap" are checked and open nothing: the machine's other system call
// interfaces (i386, x32, 32-bit arm) stay closed.
Document read_document(std::string_view text, const std::string& origin, Architecture architecture);

}  // namespace cloche::seccomp
