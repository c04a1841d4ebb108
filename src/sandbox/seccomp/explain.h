// Explains in words how a profile answers a call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cloche::seccomp {

// A way into the kernel: the architecture's own, or one of x86-64's two others.
enum class Interface { x86_64, aarch64, x86, x32 };

// "x86_64", "aarch64", "x86", "x32". Throws Error usage for other names.
Interface parse_interface(const std::string& name);
std::string to_string(Interface interface);
Interface native_interface();

// One rule of the profile for the call.
struct Case {
  std::uint32_t answer;           // a SECCOMP_RET_ value
  std::vector<std::string> when;  // one of these must hold: "argument 0 is 1"; none: always
  std::string comment;            // the profile's
};

struct Explanation {
  std::string call;
  int number = -1;
  std::vector<Case> cases;
  // The answer if no case applies.
  std::uint32_t otherwise = 0;
  // The answer of the compiled program: to a call with the given arguments or, if none were given,
  // to every call of that name. Empty if the answer depends on the arguments.
  std::optional<std::uint32_t> answer;
  // The profile's comment on the rule that gave the answer; may be empty.
  std::string comment;
};

// Explains how the profile `text` (`origin` names it in errors) answers `call`, a name or a number.
// `arguments` holds up to six values; missing ones are 0. Without any, the explanation covers every
// call of that name. Throws Error: usage for a call that does not exist, bad_data for the profile.
Explanation explain(const std::string& text, const std::string& origin, Interface interface,
                    const std::string& call, const std::vector<std::uint64_t>& arguments);

// "allowed", "refused with EPERM", "kills the process".
std::string in_words(std::uint32_t answer);

}  // namespace cloche::seccomp
