// The file of bearer tokens: who may call, known by hashes of what they show.
//
//   # one line each: NAME HASH [rate=N] [burst=N] [concurrent=N] [operator]
//   ci     sha256:9f86d081884c7d65…  rate=5 concurrent=4
//   admin  sha256:60303ae22b998861…  operator
//
// Tokens are long and random (new_token), so one round of SHA-256 is enough to hide them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/auth/digest.h"
#include "service/config.h"

namespace cloche::service {

struct TokenEntry {
  std::string name;  // 1 to 64 letters, digits, '.', '_', '@' and '-', beginning with no '-'
  Digest digest;
  CallerLimits limits;       // those of the configuration, but for what the line says
  bool is_operator = false;  // may install and remove images
};

class TokenFile {
 public:
  // Throws Error: no_input, denied (it is another's, or others may write it), bad_data with the
  // line. Symbolic links are followed.
  static TokenFile read(const std::string& path, const CallerLimits& defaults);

  // `document` names the text in errors. Names and hashes must differ, and there must be at least
  // one: a file that was cut off while it was written locks nobody out. Errors repeat no hash, as
  // somebody may have put the token there.
  static TokenFile parse(std::string_view text, const std::string& document,
                         const CallerLimits& defaults);

  // The entry of a token, or null. Takes the same time whichever it is and whether there is one.
  const TokenEntry* find(std::string_view token) const;

  const std::vector<TokenEntry>& entries() const { return entries_; }

 private:
  std::vector<TokenEntry> entries_;
};

// A fresh token, "cloche_" and 43 characters of base64url, and the hash of it that a line holds,
// "sha256:" and 64 digits.
struct NewToken {
  std::string token, hash;
};
NewToken new_token();

}  // namespace cloche::service
