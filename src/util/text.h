// Bytes and signals as text.
#pragma once

#include <string>
#include <string_view>

namespace cloche {

// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view bytes);

// Two hexadecimal digits a byte, in lower case.
std::string to_hex(std::string_view bytes);

// RFC 4648, with padding and without line breaks.
std::string base64(std::string_view bytes);

// "SIGSEGV"; "SIG64" for a signal without a name.
std::string signal_name(int signal);

}  // namespace cloche
