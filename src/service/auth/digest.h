// What is kept of a token: its SHA-256, never itself.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace cloche::service {

using Digest = std::array<unsigned char, 32>;

// Throws Error internal if OpenSSL cannot.
Digest sha256(std::string_view bytes);

// 64 digits, in lower case.
std::string hex(const Digest& digest);

}  // namespace cloche::service
