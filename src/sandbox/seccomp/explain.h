// What a profile does with a call, in words.
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
  // The answer to all calls that no case applies to.
  std::uint32_t otherwise = 0;
  // The answer that the compiled program gives: to a call with the arguments asked about, or, if
  // none were, to every call. Nothing if it depends on the arguments.
  std::optional<std::uint32_t> answer;
  // What the profile says of the rule that gave the answer; may be empty.
  std::string comment;
};

// Explains what the profile `text` (`origin` names it in errors) does with `call`, a name or a
// number. `arguments`: up to six, those left out are 0; none at all asks about every call of that
// name. Throws Error: usage for a call that does not exist, bad_data for the profile.
Explanation explain(const std::string& text, const std::string& origin, Interface interface,
                    const std::string& call, const std::vector<std::uint64_t>& arguments);

// "allowed", "refused with EPERM", "kills the process".
std::string in_words(std::uint32_t answer);

}  // namespace cloche::seccomp
