// Random names.
#pragma once

#include <cstddef>
#include <string>

namespace cloche {

// `bytes` random bytes of the kernel's as hexadecimal digits, two a byte: at most 256 bytes. Throws
// Error by errno.
std::string random_name(std::size_t bytes = 8);

}  // namespace cloche
