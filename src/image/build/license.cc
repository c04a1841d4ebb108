#include "image/build/license.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace cloche::image {

namespace {

// The short names of Debian's copyright format that are not SPDX's own.
const std::map<std::string, std::string> kNames = {
    {"AGPL-3", "AGPL-3.0-only"},
    {"AGPL-3+", "AGPL-3.0-or-later"},
    {"Apache-2", "Apache-2.0"},
    {"Apache-2.0", "Apache-2.0"},
    {"Artistic", "Artistic-1.0-Perl"},
    {"Artistic-1", "Artistic-1.0"},
    {"Artistic-2", "Artistic-2.0"},
    {"Artistic-2.0", "Artistic-2.0"},
    {"BSD-2-clause", "BSD-2-Clause"},
    {"BSD-2-Clause", "BSD-2-Clause"},
    {"BSD-3-clause", "BSD-3-Clause"},
    {"BSD-3-Clause", "BSD-3-Clause"},
    {"BSD-4-clause", "BSD-4-Clause"},
    {"BSL-1.0", "BSL-1.0"},
    {"CC0", "CC0-1.0"},
    {"CC0-1.0", "CC0-1.0"},
    {"CC-BY-3.0", "CC-BY-3.0"},
    {"CC-BY-4.0", "CC-BY-4.0"},
    {"Expat", "MIT"},
    {"GFDL-1.3", "GFDL-1.3-only"},
    {"GFDL-1.3+", "GFDL-1.3-or-later"},
    {"GPL-1", "GPL-1.0-only"},
    {"GPL-1+", "GPL-1.0-or-later"},
    {"GPL-2", "GPL-2.0-only"},
    {"GPL-2.0", "GPL-2.0-only"},
    {"GPL-2+", "GPL-2.0-or-later"},
    {"GPL-2.0+", "GPL-2.0-or-later"},
    {"GPL-3", "GPL-3.0-only"},
    {"GPL-3.0", "GPL-3.0-only"},
    {"GPL-3+", "GPL-3.0-or-later"},
    {"GPL-3.0+", "GPL-3.0-or-later"},
    {"ISC", "ISC"},
    {"LGPL-2", "LGPL-2.0-only"},
    {"LGPL-2+", "LGPL-2.0-or-later"},
    {"LGPL-2.0", "LGPL-2.0-only"},
    {"LGPL-2.0+", "LGPL-2.0-or-later"},
    {"LGPL-2.1", "LGPL-2.1-only"},
    {"LGPL-2.1+", "LGPL-2.1-or-later"},
    {"LGPL-3", "LGPL-3.0-only"},
    {"LGPL-3+", "LGPL-3.0-or-later"},
    {"LGPL-3.0+", "LGPL-3.0-or-later"},
    {"MIT", "MIT"},
    {"MPL-1.1", "MPL-1.1"},
    {"MPL-2", "MPL-2.0"},
    {"MPL-2.0", "MPL-2.0"},
    {"OFL-1.1", "OFL-1.1"},
    {"PSF-2", "PSF-2.0"},
    {"Python-2.0", "Python-2.0"},
    {"Ruby", "Ruby"},
    {"Unlicense", "Unlicense"},
    {"Zlib", "Zlib"},
    {"zlib", "Zlib"},
};

std::string reference_of(const std::string& name) {
  std::string text = "LicenseRef-";
  for (const char byte : name) {
    const bool allowed = std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '.';
    text += allowed ? byte : byte == '+' ? 'p' : '-';
  }
  return text;
}

// "A and/or B, or C": a field of a copyright file may combine names. The combination is not kept:
// each name counts as one that applies.
std::vector<std::string> parts_of(const std::string& field) {
  std::vector<std::string> parts;
  std::string word;
  const auto end = [&] {
    if (!word.empty() && word != "and" && word != "or" && word != "and/or") parts.push_back(word);
    word.clear();
  };
  for (const char byte : field) {
    if (byte == ' ' || byte == ',' || byte == '|') {
      end();
    } else {
      word += byte;
    }
  }
  end();
  return parts;
}

bool combines_names(const std::string& field) {
  return field.find(" with ") == std::string::npos &&
         (field.find(" or ") != std::string::npos || field.find(" and ") != std::string::npos ||
          field.find(" and/or ") != std::string::npos || field.find(' ') == std::string::npos);
}

}  // namespace

std::string license_expression(const std::vector<std::string>& names,
                               std::vector<std::string>& references) {
  std::set<std::string> terms;
  for (const std::string& field : names) {
    // A phrase such as "GPL-3+ with autoconf exception" is one name.
    const std::vector<std::string> parts =
        combines_names(field) ? parts_of(field) : std::vector<std::string>{field};
    for (const std::string& name : parts) {
      const auto known = kNames.find(name);
      const std::string term = known == kNames.end() ? reference_of(name) : known->second;
      terms.insert(term);
      if (known == kNames.end() &&
          std::find(references.begin(), references.end(), term) == references.end())
        references.push_back(term);
    }
  }
  std::string expression;
  for (const std::string& term : terms) expression += (expression.empty() ? "" : " AND ") + term;
  return expression.empty() ? "NOASSERTION" : expression;
}

}  // namespace cloche::image
