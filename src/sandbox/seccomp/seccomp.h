// Profiles of allowed system calls, and the BPF programs that they are compiled to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/seccomp/document.h"
#include "util/fd.h"

namespace cloche::seccomp {

struct Compiled {
  std::string program;     // an array of struct sock_filter
  std::uint32_t fallback;  // the SECCOMP_RET_ value for calls that the profile does not mention
};

// Compiles a profile (see read_document) for an architecture. `origin` names it in errors. Throws
// Error bad_data for a defect of the profile.
//
// Three rules hold for every profile. The program kills a process that uses another system call
// interface (i386 and x32 on x86-64). It answers calls newer than libseccomp with ENOSYS, on which
// libraries fall back. It lets no program listen to the calls of others (EBUSY).
Compiled compile(std::string_view profile, const std::string& origin,
                 Architecture architecture = native_architecture());

// The number of a call on an architecture, or -1 if it has no call of that name.
int call_number(const std::string& name, Architecture architecture);

// Whether any machine has a call of that name, as far as libseccomp knows.
bool is_known_call(const std::string& name);

// The name of a call on an architecture, or "" if libseccomp knows no such number.
std::string call_name(int number, Architecture architecture);

// Describes for people a call that the kernel reported. `arch` is an AUDIT_ARCH_* value. The text
// is a name, "ptrace"; a name with the architecture in front if that is not this machine's: "i386
// socketcall", "x32 open"; "call 900" if the call has no name.
std::string describe_call(std::uint32_t arch, std::int32_t number);

// Whether a filter lets programs be started by descriptor alone: it refuses execve, and allows
// execveat with protocol::kProgramDescriptor and AT_EMPTY_PATH. `program` is for the native
// architecture.
//
// A filter cannot see the path of that call. init ensures that the call can be made only once.
bool exec_by_descriptor(std::string_view program);

// Throws Error bad_data unless `program` allows the calls that init makes between installing it and
// having executed the sandboxed program. `origin` names the profile in it.
void check_usable(std::string_view program, const std::string& origin);

// The path of a profile: a name is looked up in profiles/seccomp, an absolute path stays as it is.
std::string profile_path(const std::string& profile);

struct Filter {
  UniqueFd program;  // a memory file with the array of struct sock_filter
  // The answer to a call that no rule of the profile mentions. EPERM if the profile allows such
  // calls: most of its rules refuse with EPERM.
  std::uint32_t fallback;
  bool exec_by_descriptor;  // see exec_by_descriptor()
};

// The filter of a profile (a name or an absolute path). It is compiled on first use and kept in the
// cache directory under its content. A cached filter is used only if its file belongs to this user
// and no other user could have written it. Throws Error: no_input if there is no such profile,
// bad_data if it cannot be used.
Filter load(const std::string& profile);

}  // namespace cloche::seccomp
