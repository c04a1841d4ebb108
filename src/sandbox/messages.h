// From a Spec and a Command to the messages that init understands.
#pragma once

#include <map>
#include <string>

#include "cloche/sandbox.h"
#include "sandbox/seccomp/seccomp.h"

namespace cloche {

using Enforcement = std::map<LimitKind, Mechanism>;

// Throws Error usage for a Spec that makes no sense.
void check_spec(const Spec& spec);

std::string setup_message(const Spec& spec, const seccomp::Filter& filter, bool as_root,
                          bool control_groups);

// The mechanisms that stand behind each limit without a control group.
Enforcement enforcement(const Limits& limits);
// Throws Error unsupported if one of them only approximates its limit.
void require_exact(const Enforcement& enforced);

// `init_is_same_user`: the kernel counts init among the program's processes.
std::string exec_message(const Spec& spec, const Command& command, const Limits& limits,
                         const Enforcement& enforced, bool init_is_same_user);

}  // namespace cloche
