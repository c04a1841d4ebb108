#include "image/build/package_list.h"

#include <array>

#include "cloche/error.h"

namespace cloche::image {

namespace {

// Lines "P<tab>name<tab>version…" for packages. Each is followed by "L<tab>license" for the
// licenses in its copyright file, if that file has the machine-readable form. Every Debian root
// file system has this Perl.
constexpr const char* kScript = R"perl(
use strict;
my $form = join("\t", map { "\${$_}" } qw(Package Version Architecture source:Package source:Version));
open(my $list, "-|", "dpkg-query", "-W", "-f", "P\t$form\n") or die "dpkg-query: $!";
while (my $line = <$list>) {
  print $line;
  my $package = (split /\t/, $line)[1];
  open(my $copyright, "<", "/usr/share/doc/$package/copyright") or next;
  my %licenses;
  my $machine_readable = 0;
  while (my $text = <$copyright>) {
    $machine_readable = 1 if $text =~ m{^Format: *https?://\S*copyright-format}i;
    $licenses{$1} = 1 if $machine_readable && $text =~ /^License: *(\S.*?)\s*$/;
  }
  print "L\t$_\n" for sort keys %licenses;
}
close($list) or die "dpkg-query failed";
)perl";

}  // namespace

std::vector<std::string> package_list_command() {
  return {"perl", "-e", kScript};
}

std::vector<InstalledPackage> parse_package_list(const std::string& text) {
  std::vector<InstalledPackage> packages;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    std::vector<std::string> fields(1);
    for (const char byte : line) {
      if (byte == '\t') {
        fields.emplace_back();
      } else {
        fields.back() += byte;
      }
    }
    if (fields.size() == 6 && fields[0] == "P") {
      packages.push_back({fields[1], fields[2], fields[3], fields[4], fields[5], {}});
    } else if (fields.size() == 2 && fields[0] == "L" && !packages.empty()) {
      packages.back().licenses.push_back(fields[1]);
    } else {
      throw Error(ErrorKind::bad_data, "read the list of installed packages: '" + line + "'");
    }
  }
  return packages;
}

}  // namespace cloche::image
