// Names of licenses in the form of SPDX.
#pragma once

#include <string>
#include <vector>

namespace cloche::image {

// The names of one Debian copyright file as an SPDX expression, "GPL-2.0-or-later AND
// LicenseRef-permissive", or "NOASSERTION" if there are none. A license without an SPDX name
// becomes a LicenseRef and is added to `references`.
std::string license_expression(const std::vector<std::string>& names,
                               std::vector<std::string>& references);

}  // namespace cloche::image
