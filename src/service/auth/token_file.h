// The file of bearer tokens: who may call, known by hashes of what they show.
//
//   # one line each: NAME HASH [rate=N] [burst=N] [concurrent=N] [operator]
//   ci     sha256:9f86d081884c7d65…  rate=5 concurrent=4
//   admin  sha256:60303ae22b998861…  operator
//
// Tokens are long and random (new_token), so one round of SHA-256 is enough to hide them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/config.h"

namespace cloche::service {

struct TokenEntry {
  std::string name;
  std::array<unsigned char, 32> digest;
  CallerLimits limits;       // those of the configuration, but for what the line says
  bool is_operator = false;  // may install and remove images
};

class TokenFile {
 public:
  // Throws Error: no_input, denied (it is another's, or others may write it), bad_data with the
  // line.
  static TokenFile read(const std::string& path, const CallerLimits& defaults);
  static TokenFile parse(std::string_view text, const std::string& document,
                         const CallerLimits& defaults);

  // The entry of a token. Takes the same time whichever it is and whether there is one.
  const TokenEntry* find(std::string_view token) const;

  const std::vector<TokenEntry>& entries() const { return entries_; }

 private:
  std::vector<TokenEntry> entries_;
};

// A fresh token, "cloche_" and 43 characters of base64url, and the hash of it that a line holds.
struct NewToken {
  std::string token, hash;
};
NewToken new_token();

}  // namespace cloche::service
