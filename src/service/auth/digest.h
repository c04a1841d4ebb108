// The SHA-256 of a token. The service keeps this hash, never the token.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace cloche::service {

using Digest = std::array<unsigned char, 32>;

// Throws Error internal if OpenSSL fails.
Digest sha256(std::string_view bytes);

// 64 digits, in lower case.
std::string hex(const Digest& digest);

}  // namespace cloche::service
