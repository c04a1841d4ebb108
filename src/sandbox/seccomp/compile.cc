// From rules to BPF.
//
// libseccomp has a generator, too. But version 2.5.4 lets a rule on one argument see the value of
// another argument if a call has rules on several. The code that this generator makes is plain: a
// binary search for the number of the call, then one test after the other in the order of the
// profile.
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>
#include <map>
#include <vector>

#include "cloche/error.h"
#include "sandbox/seccomp/seccomp.h"

namespace cloche::seccomp {

namespace {

using Code = std::vector<sock_filter>;

// The place that a test jumps to: the next instruction, the end of the condition, or the end of the
// whole alternative.
enum Target { next, pass, fail };

struct Step {
  unsigned code;
  std::uint32_t k;
  Target if_true = next, if_false = next;
};

std::vector<Step> steps_of(const Condition& condition) {
  constexpr unsigned kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr unsigned kAnd = BPF_ALU | BPF_AND | BPF_K;
  constexpr unsigned kEqual = BPF_JMP | BPF_JEQ | BPF_K;
  constexpr unsigned kGreater = BPF_JMP | BPF_JGT | BPF_K;
  constexpr unsigned kAtLeast = BPF_JMP | BPF_JGE | BPF_K;
  // Little endian: the lower half of an argument comes first.
  const auto low_at =
      static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * condition.index);
  const std::uint32_t high_at = low_at + 4;
  const auto low = static_cast<std::uint32_t>(condition.value);
  const auto high = static_cast<std::uint32_t>(condition.value >> 32);
  switch (condition.op) {
    case SCMP_CMP_EQ:
      return {
          {kLoad, high_at}, {kEqual, high, next, fail}, {kLoad, low_at}, {kEqual, low, pass, fail}};
    case SCMP_CMP_NE:
      return {
          {kLoad, high_at}, {kEqual, high, next, pass}, {kLoad, low_at}, {kEqual, low, fail, pass}};
    case SCMP_CMP_GT:
    case SCMP_CMP_GE:
      return {{kLoad, high_at},
              {kGreater, high, pass, next},
              {kEqual, high, next, fail},
              {kLoad, low_at},
              {condition.op == SCMP_CMP_GT ? kGreater : kAtLeast, low, pass, fail}};
    case SCMP_CMP_LE:
    case SCMP_CMP_LT:
      return {{kLoad, high_at},
              {kGreater, high, fail, next},
              {kEqual, high, next, pass},
              {kLoad, low_at},
              {condition.op == SCMP_CMP_LE ? kGreater : kAtLeast, low, fail, pass}};
    case SCMP_CMP_MASKED_EQ: {
      std::vector<Step> steps;
      const auto test = [&](std::uint32_t at, std::uint32_t mask, std::uint32_t wanted) {
        if (mask == 0) return;
        steps.push_back({kLoad, at});
        if (mask != ~0u) steps.push_back({kAnd, mask});
        steps.push_back({kEqual, wanted, next, fail});
      };
      test(high_at, high, static_cast<std::uint32_t>(condition.value_two >> 32));
      test(low_at, low, static_cast<std::uint32_t>(condition.value_two));
      return steps;
    }
    default:
      throw Error(ErrorKind::internal, "compile a seccomp condition");
  }
}

// Returns `action` if all conditions hold, else continues behind itself. There are at most six
// conditions of five steps each, so every jump fits into the eight bits of an offset.
Code alternative(const std::vector<Condition>& conditions, std::uint32_t action) {
  std::vector<std::vector<Step>> all;
  std::size_t length = 1;  // the return
  for (const Condition& each : conditions) {
    all.push_back(steps_of(each));
    length += all.back().size();
  }
  Code code;
  for (const auto& steps : all) {
    const std::size_t end = code.size() + steps.size();
    for (const Step& step : steps) {
      const std::size_t after = code.size() + 1;
      const auto distance = [&](Target target) {
        if (target == next) return std::uint8_t{0};
        return static_cast<std::uint8_t>((target == pass ? end : length) - after);
      };
      code.push_back({static_cast<std::uint16_t>(step.code), distance(step.if_true),
                      distance(step.if_false), step.k});
    }
  }
  code.push_back(BPF_STMT(BPF_RET | BPF_K, action));
  return code;
}

// The code for one call: `code` first, if there is any, then `action`.
struct Body {
  std::uint32_t action;
  Code code;

  bool is_like(const Body& other) const {
    return code.empty() && other.code.empty() && action == other.action;
  }
  Code whole() const {
    Code all = code;
    all.push_back(BPF_STMT(BPF_RET | BPF_K, action));
    return all;
  }
};

// Calls from a number on, up to the next range.
struct Range {
  std::uint32_t first;
  Body body;
};

// A binary search for the accumulator in `ranges` from `begin` to `end`.
Code search(const std::vector<Range>& ranges, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return ranges[begin].body.whole();
  const std::size_t middle = begin + (end - begin) / 2;
  const Code below = search(ranges, begin, middle), above = search(ranges, middle, end);
  Code code;
  if (below.size() < 256) {
    code = {BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first,
                     static_cast<std::uint8_t>(below.size()), 0)};
  } else {
    code = {BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first, 0, 1),
            BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(below.size()))};
  }
  code.insert(code.end(), below.begin(), below.end());
  code.insert(code.end(), above.begin(), above.end());
  return code;
}

// The highest number that libseccomp has a name for.
std::uint32_t newest_known_call(Architecture architecture) {
  int number = 1023;
  while (number > 0 && call_name(number, architecture).empty()) --number;
  return static_cast<std::uint32_t>(number);
}

std::vector<Range> ranges_of(const Document& document, Architecture architecture) {
  std::map<std::uint32_t, Body> bodies;
  std::map<std::uint32_t, bool> decided;
  for (const Rule& rule : document.rules)
    for (const std::string& name : rule.names) {
      const int known = call_number(name, architecture);
      // Calls of other machines, and calls newer than this libseccomp, have no number here.
      if (known < 0) continue;
      const auto number = static_cast<std::uint32_t>(known);
      Body& body = bodies.emplace(number, Body{document.fallback, {}}).first->second;
      if (decided[number]) continue;
      if (rule.alternatives.empty()) {
        body.action = rule.action;
        decided[number] = true;
      }
      for (const auto& each : rule.alternatives) {
        const Code code = alternative(each, rule.action);
        body.code.insert(body.code.end(), code.begin(), code.end());
      }
    }
  // Libraries try new calls first and fall back on ENOSYS, but not on EPERM. So calls that are
  // newer than any profile could name are answered with ENOSYS.
  const std::uint32_t newest = newest_known_call(architecture);
  std::vector<Range> ranges;
  for (std::uint32_t number = 0; number <= newest + 1; ++number) {
    const auto found = bodies.find(number);
    Body body = found == bodies.end() ? Body{document.fallback, {}} : found->second;
    if (number > newest) body = {SECCOMP_RET_ERRNO | ENOSYS, {}};
    if (ranges.empty() || !ranges.back().body.is_like(body)) ranges.push_back({number, body});
  }
  return ranges;
}

}  // namespace

Compiled compile(std::string_view profile, const std::string& origin, Architecture architecture) {
  const Document document = read_document(profile, origin, architecture);
  const std::vector<Range> ranges = ranges_of(document, architecture);
  constexpr std::uint32_t kX32 = 0x40000000;
  // A tracer makes its tracee skip a call by changing its number to this; no call has it.
  constexpr std::uint32_t kSkipped = 0xffffffff;
  Code code = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit_number(architecture), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32, 0, 3),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSkipped, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, document.fallback),
  };
  const Code calls = search(ranges, 0, ranges.size());
  code.insert(code.end(), calls.begin(), calls.end());
  if (code.size() > BPF_MAXINSNS)
    throw Error(ErrorKind::bad_data, "compile the seccomp profile " + origin + ": it becomes " +
                                         std::to_string(code.size()) +
                                         " instructions, and the kernel takes at most " +
                                         std::to_string(BPF_MAXINSNS));
  return {
      std::string(reinterpret_cast<const char*>(code.data()), code.size() * sizeof(sock_filter)),
      document.fallback};
}

}  // namespace cloche::seccomp
