#include "cli/seccomp_command.h"

#include <linux/seccomp.h>
#include <string.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cloche/error.h"
#include "sandbox/seccomp/evaluate.h"
#include "sandbox/seccomp/explain.h"
#include "sandbox/seccomp/seccomp.h"
#include "util/file.h"
#include "util/json.h"
#include "util/paths.h"

namespace cloche::cli {

namespace {

using seccomp::Architecture;
using seccomp::Explanation;

struct SeccompCommand {
  std::string profile = "default";
  std::string architecture;
  std::string call;
  std::vector<std::string> arguments;
  std::string file;
  bool json = false;
  bool names = false;
};

void print(const std::string& text) {
  write_all(STDOUT_FILENO, text, "standard output");
}

// A name, or a path if there is a slash in it.
std::string path_of(const std::string& profile) {
  if (profile.find('/') == profile.npos) return seccomp::profile_path(profile);
  return profile;
}

// The number of an argument as C writes it: decimal, 0x hexadecimal, 0 octal; -1 is all bits.
std::uint64_t parse_argument(const std::string& text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const bool digits = text.size() > sign && text[sign] >= '0' && text[sign] <= '9';
  char* end = nullptr;
  errno = 0;
  const auto value = static_cast<std::uint64_t>(std::strtoull(text.c_str(), &end, 0));
  if (!digits || *end != '\0' || errno != 0 || text.size() != std::strlen(text.c_str()))
    throw Error(ErrorKind::usage, "read the argument " + text.substr(0, 64), 0,
                "numbers are 10, 0xa, 012 or -1");
  return value;
}

std::string result_name(std::uint32_t answer) {
  if (seccomp::allows(answer)) return "allowed";
  const std::uint32_t action = answer & SECCOMP_RET_ACTION_FULL;
  return action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRAP ? "refused" : "killed";
}

Json json_of(std::uint32_t answer) {
  Json json;
  json["result"] = result_name(answer);
  if ((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
    const auto errnum = static_cast<int>(answer & SECCOMP_RET_DATA);
    const char* name = ::strerrorname_np(errnum);
    json["errno"] = errnum;
    json["errnoName"] = name != nullptr ? Json(name) : Json();
  }
  json["words"] = seccomp::in_words(answer);
  return json;
}

Json json_of(const Explanation& explanation, const SeccompCommand& options) {
  Json json;
  json["profile"] = options.profile;
  json["architecture"] = options.architecture;
  json["call"] = explanation.call;
  json["number"] = explanation.number;
  if (explanation.answer) {
    json.update(json_of(*explanation.answer));
    json["comment"] = explanation.comment;
  } else {
    json["result"] = "conditional";
    json["cases"] = Json::array();
    for (const seccomp::Case& each : explanation.cases) {
      Json entry = json_of(each.answer);
      entry["when"] = each.when;
      entry["comment"] = each.comment;
      json["cases"].push_back(entry);
    }
    json["otherwise"] = json_of(explanation.otherwise);
  }
  return json;
}

std::string text_of(const Explanation& explanation, const SeccompCommand& options) {
  std::string text = (explanation.call.empty() ? "call" : explanation.call) + " (number " +
                     std::to_string(explanation.number) + " on " + options.architecture + ")";
  const auto remark = [](const std::string& comment) {
    return comment.empty() ? std::string() : "    " + comment + "\n";
  };
  if (explanation.answer) text += ": " + seccomp::in_words(*explanation.answer);
  text += "\n";
  const bool conditional =
      std::any_of(explanation.cases.begin(), explanation.cases.end(),
                  [](const seccomp::Case& each) { return !each.when.empty(); });
  if (explanation.answer && (!explanation.comment.empty() || !conditional))
    return text + remark(explanation.comment);
  for (const seccomp::Case& each : explanation.cases) {
    text += "  " + seccomp::in_words(each.answer) + " if\n";
    for (std::size_t i = 0; i < each.when.size(); ++i)
      text += (i == 0 ? "       " : "    or ") + each.when[i] + "\n";
    text += remark(each.comment);
  }
  return text + "  otherwise " + seccomp::in_words(explanation.otherwise) + "\n";
}

int explain(SeccompCommand options) {
  if (options.architecture.empty())
    options.architecture = seccomp::to_string(seccomp::native_interface());
  if (options.arguments.size() > 6)
    throw Error(ErrorKind::usage, "explain " + options.call, 0, "a call has at most 6 arguments");
  std::vector<std::uint64_t> arguments;
  for (const std::string& each : options.arguments) arguments.push_back(parse_argument(each));
  const std::string path = path_of(options.profile);
  const Explanation explanation =
      seccomp::explain(read_file(path), path, seccomp::parse_interface(options.architecture),
                       options.call, arguments);
  if (options.json)
    print(json_of(explanation, options).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  else
    print(text_of(explanation, options));
  return 0;
}

std::vector<std::string> shipped() {
  const std::string path = data_path("profiles/seccomp");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

int list_profiles(bool names_alone) {
  const std::vector<std::string> names = shipped();
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  std::string text;
  for (const std::string& name : names) {
    text += name;
    if (!names_alone) {
      const std::string path = seccomp::profile_path(name);
      const std::string comment =
          seccomp::read_document(read_file(path), path, seccomp::native_architecture()).comment;
      text += std::string(width + 2 - name.size(), ' ') + comment.substr(0, comment.find('\n'));
    }
    text += "\n";
  }
  print(text);
  return 0;
}

// Names that libseccomp does not know: calls newer than it, or misspelt names.
std::set<std::string> unknown_names(const seccomp::Document& document) {
  std::set<std::string> unknown;
  for (const seccomp::Rule& rule : document.rules)
    for (const std::string& name : rule.names)
      if (!seccomp::is_known_call(name)) unknown.insert(name);
  return unknown;
}

int check(const std::string& file) {
  const std::string path = path_of(file), text = read_file(path);
  std::string report;
  for (const Architecture each : {Architecture::x86_64, Architecture::aarch64}) {
    const seccomp::Compiled compiled = seccomp::compile(text, path, each);
    const bool native = each == seccomp::native_architecture();
    if (native) seccomp::check_usable(compiled.program, path);
    report += std::string(each == Architecture::x86_64 ? "x86_64" : "aarch64") + ": " +
              std::to_string(compiled.program.size() / 8) +
              " instructions, other calls: " + seccomp::in_words(compiled.fallback) + "\n";
  }
  for (const std::string& name :
       unknown_names(seccomp::read_document(text, path, seccomp::native_architecture())))
    report += "unknown call, so without effect: " + name + "\n";
  print(report);
  return 0;
}

}  // namespace

void add_seccomp_command(CLI::App& app, std::function<int()>& action) {
  const auto options = std::make_shared<SeccompCommand>();
  CLI::App* command =
      app.add_subcommand("seccomp", "List, check and explain profiles of system calls");
  command->require_subcommand(1);

  CLI::App* explain_app =
      command->add_subcommand("explain", "Explain how a profile answers a system call");
  explain_app->add_option("--profile", options->profile, "a name or a file; default if not given");
  explain_app->add_option("--arch", options->architecture,
                          "x86_64, aarch64, x86 or x32; this machine's if not given");
  explain_app->add_flag("--json", options->json, "as JSON");
  explain_app->add_option("SYSCALL", options->call, "its name or number")->required();
  explain_app->add_option("ARGUMENT", options->arguments,
                          "the call's arguments, from the first; those left out are 0");
  // Everything after the name is an argument of the call, -1 too.
  explain_app->positionals_at_end();
  explain_app->callback([options, &action] { action = [options] { return explain(*options); }; });

  CLI::App* list_app = command->add_subcommand("list", "List the profiles that come with cloche");
  list_app->add_flag("--names", options->names)->group("");
  list_app->callback(
      [options, &action] { action = [options] { return list_profiles(options->names); }; });

  CLI::App* check_app = command->add_subcommand("check", "Check a profile of your own");
  check_app->add_option("FILE", options->file, "the profile")->required();
  check_app->callback([options, &action] { action = [options] { return check(options->file); }; });
}

}  // namespace cloche::cli
