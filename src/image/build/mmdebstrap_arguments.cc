#include "image/build/mmdebstrap_arguments.h"

#include "image/build/package_list.h"

namespace cloche::image {

namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char byte : text) result += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return result + "'";
}

std::string apt_option(const std::string& name, const std::string& value) {
  return "--aptopt=" + name + " \"" + value + "\"";
}

std::string joined(const std::vector<std::string>& parts, char between) {
  std::string text;
  for (const std::string& part : parts)
    text += (text.empty() ? std::string() : std::string(1, between)) + part;
  return text;
}

std::string customize(const std::string& command) {
  return "--customize-hook=" + command;
}

std::string inside(const std::vector<std::string>& command) {
  std::string line = "chroot \"$1\"";
  for (const std::string& argument : command) line += " " + quoted(argument);
  return line;
}

std::string make_parent(const std::string& path) {
  return "mkdir -p \"$(dirname \"$1\"" + quoted(path) + ")\"";
}

// Adds a suite as a second source: the recipe's own line with another suite name, because only
// mmdebstrap knows the mirror. The recipe's packages for that suite come from it; all other
// packages come from it only if the recipe's own suite lacks them.
void add_other_suite(std::vector<std::string>& argv, const Recipe& recipe,
                     const OtherSuite& other) {
  argv.push_back("--setup-hook=sed -n 's/^\\(deb .*\\) " + recipe.suite + " \\(.*\\)$/\\1 " +
                 other.suite +
                 " \\2/p' \"$1/etc/apt/sources.list\" > \"$1/etc/apt/sources.list.d/cloche-" +
                 other.suite + ".list\"");
  const std::string pins = "Package: *\nPin: release n=" + other.suite +
                           "\nPin-Priority: 100\n\nPackage: " + joined(other.packages, ' ') +
                           "\nPin: release n=" + other.suite + "\nPin-Priority: 990\n";
  argv.push_back("--setup-hook=printf %s " + quoted(pins) +
                 " > \"$1/etc/apt/preferences.d/cloche-" + other.suite + "\"");
}

// Adds the commands that run in the root file system after its packages are installed, in order.
void add_customization(std::vector<std::string>& argv, const Recipe& recipe,
                       const BuildExchange& exchange) {
  for (const Addition& addition : exchange.additions) {
    argv.push_back(customize("mkdir -p \"$1\"" + quoted(addition.to)));
    argv.push_back(customize("tar-in " + quoted(addition.tar) + " " + quoted(addition.to)));
  }
  for (const auto& [path, content] : recipe.files)
    argv.push_back(customize(make_parent(path) + " && printf %s " + quoted(content) + " > \"$1\"" +
                             quoted(path)));
  for (const auto& [path, target] : recipe.links)
    argv.push_back(
        customize(make_parent(path) + " && ln -s " + quoted(target) + " \"$1\"" + quoted(path)));
  for (const std::vector<std::string>& command : recipe.prewarm) {
    // The commands see the image's environment and nothing of the builder's. /tmp is emptied at the
    // end.
    std::vector<std::string> line = {"env", "-i", "HOME=/tmp"};
    for (const auto& [name, value] : recipe.environment) line.push_back(name + "=" + value);
    line.insert(line.end(), command.begin(), command.end());
    argv.push_back(customize(inside(line)));
  }
  if (!exchange.package_list.empty()) {
    argv.push_back(customize(inside(package_list_command()) + " > \"$1/cloche-packages\""));
    argv.push_back(customize("download /cloche-packages " + quoted(exchange.package_list)));
    argv.push_back(customize("rm \"$1/cloche-packages\""));
  }
  // Unquoted, so that the shell expands the pattern: a recipe's patterns hold no other special
  // characters.
  for (const std::string& path : recipe.remove) argv.push_back(customize("rm -rf \"$1\"" + path));
  if (!recipe.other_suites.empty())
    argv.push_back(customize(
        "rm -f \"$1\"/etc/apt/sources.list.d/cloche-* \"$1\"/etc/apt/preferences.d/cloche-*"));
}

}  // namespace

std::vector<std::string> mmdebstrap_arguments(const Recipe& recipe, const BuildExchange& exchange,
                                              const std::string& tar, bool as_root) {
  std::vector<std::string> argv = {"mmdebstrap",
                                   as_root ? "--mode=root" : "--mode=unshare",
                                   "--variant=" + recipe.variant,
                                   "--components=" + joined(recipe.components, ','),
                                   "--format=tar",
                                   apt_option("APT::Install-Recommends", "false")};
  for (const auto& [name, value] : recipe.apt) argv.push_back(apt_option(name, value));
  std::vector<std::string> packages = recipe.packages;
  for (const OtherSuite& other : recipe.other_suites) {
    add_other_suite(argv, recipe, other);
    packages.insert(packages.end(), other.packages.begin(), other.packages.end());
  }
  if (!packages.empty()) argv.push_back("--include=" + joined(packages, ','));
  for (const std::string& path : recipe.exclude) argv.push_back("--dpkgopt=path-exclude=" + path);
  for (const std::string& path : recipe.include) argv.push_back("--dpkgopt=path-include=" + path);
  // Packages with alternatives (Java, PostgreSQL) link man pages even if the image has none.
  argv.push_back("--essential-hook=mkdir -p \"$1/usr/share/man/man1\"");
  add_customization(argv, recipe, exchange);
  argv.push_back(recipe.suite);
  argv.push_back(tar);
  return argv;
}

}  // namespace cloche::image
