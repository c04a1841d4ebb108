#include "sandbox/seccomp/document.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cloche/error.h"

namespace cloche::seccomp {

namespace {

using nlohmann::json;

// Real profiles are far smaller. A larger document is a mistake or an attack.
constexpr std::size_t kMostBytes = 1 << 20;
constexpr int kMostDepth = 16;
// The largest errno that the kernel returns.
constexpr std::uint64_t kMostErrno = 4095;

// A value and its place in the profile, which every error names.
class DocumentNode {
 public:
  DocumentNode(const json& value, std::string place, const std::string& origin)
      : value_(&value), place_(std::move(place)), origin_(&origin) {}

  [[noreturn]] void bad(const std::string& what) const {
    throw Error(ErrorKind::bad_data, "read the seccomp profile " + *origin_ + ": " +
                                         (place_.empty() ? "" : place_ + ": ") + what);
  }

  void only(std::initializer_list<std::string_view> known) const {
    if (!value_->is_object()) bad("must be an object");
    for (const auto& [key, unused] : value_->items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        bad("unknown key \"" + key.substr(0, 64) + "\"");
  }

  // Nothing if the key is missing, or null, which Go programs write for it.
  std::optional<DocumentNode> find(const std::string& key) const {
    const auto found = value_->find(key);
    if (found == value_->end() || found->is_null()) return std::nullopt;
    return DocumentNode(*found, place_.empty() ? key : place_ + "." + key, *origin_);
  }

  DocumentNode at(const std::string& key) const {
    if (auto found = find(key)) return *found;
    bad("\"" + key + "\" is missing");
  }

  std::string text() const {
    if (!value_->is_string()) bad("must be a string");
    return value_->get<std::string>();
  }

  std::uint64_t number(std::uint64_t most) const {
    if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() > most)
      bad("must be a whole number from 0 to " + std::to_string(most));
    return value_->get<std::uint64_t>();
  }

  std::vector<DocumentNode> list() const {
    if (!value_->is_array()) bad("must be a list");
    std::vector<DocumentNode> nodes;
    for (std::size_t i = 0; i < value_->size(); ++i)
      nodes.emplace_back((*value_)[i], place_ + "[" + std::to_string(i) + "]", *origin_);
    return nodes;
  }

  std::vector<DocumentNode> list(const std::string& key) const {
    const auto found = find(key);
    return found ? found->list() : std::vector<DocumentNode>();
  }

  std::vector<std::string> texts(const std::string& key) const {
    std::vector<std::string> all;
    for (const DocumentNode& each : list(key)) all.push_back(each.text());
    return all;
  }

 private:
  const json* value_;
  std::string place_;
  const std::string* origin_;
};

bool contains(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::uint64_t errno_of_name(const DocumentNode& node) {
  const std::string name = node.text();
  for (int number = 1; number < 256; ++number) {
    const char* known = ::strerrorname_np(number);
    if (known != nullptr && name == known) return static_cast<std::uint64_t>(number);
  }
  node.bad("no such errno: \"" + name.substr(0, 64) + "\"");
}

// An errno given by number, by name or as both.
std::optional<std::uint64_t> errno_of(const DocumentNode& node, const std::string& number_key,
                                      const std::string& name_key) {
  const auto number = node.find(number_key), name = node.find(name_key);
  std::optional<std::uint64_t> value;
  if (number) value = number->number(kMostErrno);
  if (name) {
    const std::uint64_t named = errno_of_name(*name);
    if (value && *value != named) name->bad("is not the number that \"" + number_key + "\" gives");
    value = named;
  }
  return value;
}

std::uint32_t action_of(const DocumentNode& node, std::optional<std::uint64_t> errnum) {
  static const std::map<std::string, std::uint32_t> plain = {
      {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
      {"SCMP_ACT_LOG", SCMP_ACT_LOG},
      {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
      {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
      {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
      {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS}};
  const std::string name = node.text();
  if (name == "SCMP_ACT_ERRNO")
    return SCMP_ACT_ERRNO(static_cast<std::uint32_t>(errnum.value_or(EPERM)));
  if (name == "SCMP_ACT_TRACE") node.bad("SCMP_ACT_TRACE asks for a tracer, and there is none");
  if (name == "SCMP_ACT_NOTIFY")
    node.bad("SCMP_ACT_NOTIFY asks for a listener of one's own, which is not supported");
  const auto found = plain.find(name);
  if (found == plain.end()) node.bad("unknown action \"" + name.substr(0, 64) + "\"");
  if (errnum) node.bad(name + " returns no errno, but one is given");
  return found->second;
}

scmp_compare comparison_of(const DocumentNode& node) {
  static const std::map<std::string, scmp_compare> known = {
      {"SCMP_CMP_NE", SCMP_CMP_NE},
      {"SCMP_CMP_LT", SCMP_CMP_LT},
      {"SCMP_CMP_LE", SCMP_CMP_LE},
      {"SCMP_CMP_EQ", SCMP_CMP_EQ},
      {"SCMP_CMP_GE", SCMP_CMP_GE},
      {"SCMP_CMP_GT", SCMP_CMP_GT},
      {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  const std::string name = node.text();
  const auto found = known.find(name);
  if (found == known.end()) node.bad("unknown comparison \"" + name.substr(0, 64) + "\"");
  return found->second;
}

std::vector<std::vector<Condition>> alternatives_of(const DocumentNode& rule) {
  std::vector<Condition> conditions;
  unsigned on_index[6] = {};
  for (const DocumentNode& arg : rule.list("args")) {
    arg.only({"index", "value", "valueTwo", "op"});
    const auto two = arg.find("valueTwo");
    const Condition condition{static_cast<unsigned>(arg.at("index").number(5)),
                              comparison_of(arg.at("op")), arg.at("value").number(~0ull),
                              two ? two->number(~0ull) : 0};
    if (condition.op == SCMP_CMP_MASKED_EQ && (condition.value_two & ~condition.value) != 0)
      arg.bad("\"valueTwo\" has bits that the mask \"value\" removes: it can never be equal");
    ++on_index[condition.index];
    conditions.push_back(condition);
  }
  if (conditions.empty()) return {};
  if (std::all_of(std::begin(on_index), std::end(on_index), [](unsigned n) { return n <= 1; }))
    return {conditions};
  std::vector<std::vector<Condition>> alternatives;
  for (const Condition& each : conditions) alternatives.push_back({each});
  return alternatives;
}

std::vector<std::string> names_of(const DocumentNode& rule) {
  const auto name = rule.find("name");
  if (name && rule.find("names")) rule.bad("has both \"name\" and \"names\"");
  std::vector<std::string> names =
      name ? std::vector<std::string>{name->text()} : rule.texts("names");
  if (names.empty()) rule.bad("\"names\" is missing or empty");
  for (const std::string& each : names)
    if (each.empty() || each.size() > 64 ||
        each.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != each.npos)
      rule.bad("\"" + each.substr(0, 64) + "\" is not the name of a system call");
  return names;
}

// Whether the running kernel is at least the "major.minor" of a condition.
bool kernel_is_at_least(const DocumentNode& node) {
  const std::string text = node.text();
  unsigned major = 0, minor = 0, is_major = 0, is_minor = 0;
  char rest = 0;
  if (text.size() > 16 || std::sscanf(text.c_str(), "%4u.%4u%c", &major, &minor, &rest) != 2)
    node.bad("must be a version such as \"4.8\"");
  utsname name{};
  ::uname(&name);
  std::sscanf(name.release, "%u.%u", &is_major, &is_minor);
  return is_major != major ? is_major > major : is_minor >= minor;
}

struct Filters {
  std::vector<std::string> architectures, capabilities;
  std::optional<bool> kernel_fits;
};

Filters filters_of(const DocumentNode& rule, const std::string& key) {
  const auto node = rule.find(key);
  if (!node) return {};
  node->only({"arches", "caps", "minKernel"});
  Filters filters{node->texts("arches"), node->texts("caps"), std::nullopt};
  const auto kernel = node->find("minKernel");
  if (kernel && !kernel->text().empty()) filters.kernel_fits = kernel_is_at_least(*kernel);
  return filters;
}

// Whether a rule is for a program without capabilities on this kernel and architecture.
bool is_for(const DocumentNode& rule, Architecture architecture) {
  // The names of architectures in Docker's profiles.
  const char* name = architecture == Architecture::x86_64 ? "amd64" : "arm64";
  const Filters includes = filters_of(rule, "includes"), excludes = filters_of(rule, "excludes");
  if (contains(excludes.architectures, name) || excludes.kernel_fits.value_or(false)) return false;
  if (!includes.architectures.empty() && !contains(includes.architectures, name)) return false;
  return includes.capabilities.empty() && includes.kernel_fits.value_or(true);
}

void check_architecture(const DocumentNode& node) {
  static const char* const known[] = {
      "X86",    "X86_64",   "X32",      "ARM",         "AARCH64", "MIPS",    "MIPS64", "MIPS64N32",
      "MIPSEL", "PPC",      "MIPSEL64", "MIPSEL64N32", "PPC64",   "PPC64LE", "S390",   "S390X",
      "PARISC", "PARISC64", "RISCV64",  "LOONGARCH64", "M68K",    "SH",      "SHEB"};
  const std::string name = node.text();
  for (const char* each : known)
    if (name == std::string("SCMP_ARCH_") + each) return;
  node.bad("unknown architecture \"" + name.substr(0, 64) + "\"");
}

void check_architectures(const DocumentNode& top) {
  if (top.find("architectures") && top.find("archMap"))
    top.bad("has both \"architectures\" and \"archMap\"");
  for (const DocumentNode& each : top.list("architectures")) check_architecture(each);
  for (const DocumentNode& each : top.list("archMap")) {
    each.only({"architecture", "subArchitectures"});
    check_architecture(each.at("architecture"));
    for (const DocumentNode& below : each.list("subArchitectures")) check_architecture(below);
  }
}

void check_flags(const DocumentNode& top) {
  // The flags concern loading (TSYNC), logging, speculation and listeners. A profile without them
  // is not weaker.
  for (const DocumentNode& each : top.list("flags")) {
    const std::string name = each.text();
    if (name != "SECCOMP_FILTER_FLAG_TSYNC" && name != "SECCOMP_FILTER_FLAG_LOG" &&
        name != "SECCOMP_FILTER_FLAG_SPEC_ALLOW" &&
        name != "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")
      each.bad("unknown flag \"" + name.substr(0, 64) + "\"");
  }
  for (const char* key : {"listenerPath", "listenerMetadata"})
    if (const auto found = top.find(key)) found->bad("a listener of one's own is not supported");
}

Rule rule_of(const DocumentNode& node) {
  Rule rule{names_of(node), action_of(node.at("action"), errno_of(node, "errnoRet", "errno")),
            alternatives_of(node), ""};
  if (const auto comment = node.find("comment")) rule.comment = comment->text();
  return rule;
}

// If several rules without conditions exist for a call, the first counts, as in libseccomp: real
// profiles rely on that. In libseccomp such a rule also overrides the rules with conditions,
// wherever it stands. That could undo a restriction silently, and no real profile needs it, so it
// is an error here.
void settle_contradictions(const DocumentNode& top, std::vector<Rule>& rules) {
  std::map<std::string, std::uint32_t> always;
  for (Rule& rule : rules)
    if (rule.alternatives.empty())
      std::erase_if(rule.names, [&](const std::string& name) {
        return !always.emplace(name, rule.action).second;
      });
  std::erase_if(rules, [](const Rule& rule) { return rule.names.empty(); });
  for (const Rule& rule : rules)
    for (const std::string& name : rule.names)
      if (const auto found = always.find(name);
          found != always.end() && found->second != rule.action)
        top.bad("one rule decides every call of " + name + ", another decides some differently");
}

// init listens to the calls that the profile refuses. A listener of the program for the same calls
// would come first and could let them happen. The kernel accepts only one listener, but this rule
// does not rely on that. It refuses with the same errno as the kernel.
Rule no_listeners() {
  return {{"seccomp"},
          SCMP_ACT_ERRNO(EBUSY),
          {{{1, SCMP_CMP_MASKED_EQ, SECCOMP_FILTER_FLAG_NEW_LISTENER,
             SECCOMP_FILTER_FLAG_NEW_LISTENER}}},
          "No program may listen to the calls of others (SECCOMP_FILTER_FLAG_NEW_LISTENER), "
          "whatever the profile says."};
}

json parse(std::string_view text, const std::string& origin) {
  const json nothing;
  const DocumentNode nowhere(nothing, "", origin);
  if (text.size() > kMostBytes) nowhere.bad("it is larger than 1 MiB");
  const auto check_depth = [&](int depth, json::parse_event_t, const json&) {
    if (depth > kMostDepth) nowhere.bad("it is nested too deeply");
    return true;
  };
  try {
    return json::parse(text, check_depth, true, true);
  } catch (const json::exception& error) {
    nowhere.bad(error.what());
  }
}

}  // namespace

std::uint32_t audit_number(Architecture architecture) {
  return architecture == Architecture::x86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
}

bool holds(const Condition& condition, const std::uint64_t (&arguments)[6]) {
  const std::uint64_t argument = arguments[condition.index];
  switch (condition.op) {
    case SCMP_CMP_NE:
      return argument != condition.value;
    case SCMP_CMP_LT:
      return argument < condition.value;
    case SCMP_CMP_LE:
      return argument <= condition.value;
    case SCMP_CMP_EQ:
      return argument == condition.value;
    case SCMP_CMP_GE:
      return argument >= condition.value;
    case SCMP_CMP_GT:
      return argument > condition.value;
    case SCMP_CMP_MASKED_EQ:
      return (argument & condition.value) == condition.value_two;
    default:
      return false;
  }
}

bool applies(const Rule& rule, const std::uint64_t (&arguments)[6]) {
  if (rule.alternatives.empty()) return true;
  for (const auto& alternative : rule.alternatives)
    if (std::all_of(alternative.begin(), alternative.end(),
                    [&](const Condition& each) { return holds(each, arguments); }))
      return true;
  return false;
}

Document read_document(std::string_view text, const std::string& origin,
                       Architecture architecture) {
  const json parsed = parse(text, origin);
  const DocumentNode top(parsed, "", origin);
  top.only({"comment", "defaultAction", "defaultErrnoRet", "defaultErrno", "architectures",
            "archMap", "flags", "listenerPath", "listenerMetadata", "syscalls"});
  Document document{
      "", action_of(top.at("defaultAction"), errno_of(top, "defaultErrnoRet", "defaultErrno")), {}};
  if (const auto comment = top.find("comment")) document.comment = comment->text();
  check_architectures(top);
  check_flags(top);
  for (const DocumentNode& node : top.list("syscalls")) {
    node.only({"name", "names", "action", "errnoRet", "errno", "args", "comment", "includes",
               "excludes"});
    Rule rule = rule_of(node);
    if (is_for(node, architecture) && rule.action != document.fallback)
      document.rules.push_back(std::move(rule));
  }
  settle_contradictions(top, document.rules);
  document.rules.insert(document.rules.begin(), no_listeners());
  return document;
}

}  // namespace cloche::seccomp
