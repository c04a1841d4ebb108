// The file of bearer tokens: the callers, identified by the hashes of their tokens.
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
  CallerLimits limits;       // those of the configuration, unless the line overrides them
  bool is_operator = false;  // may install and remove images
};

class TokenFile {
 public:
  // Throws Error: no_input, denied (another user owns the file or may write it), bad_data with the
  // line. Follows symbolic links.
  static TokenFile read(const std::string& path, const CallerLimits& defaults);

  // `document` names the text in errors. Names and hashes must be unique. There must be at least
  // one entry, so that a file cut short while it is written does not lock out all callers. Errors
  // repeat no hash, because an operator may have written the token in its place.
  static TokenFile parse(std::string_view text, const std::string& document,
                         const CallerLimits& defaults);

  // The entry of a token, or null. Takes the same time for every token, known or unknown.
  const TokenEntry* find(std::string_view token) const;

  const std::vector<TokenEntry>& entries() const { return entries_; }

 private:
  std::vector<TokenEntry> entries_;
};

// A fresh token, "cloche_" and 43 characters of base64url, and its hash in the form of the file,
// "sha256:" and 64 digits.
struct NewToken {
  std::string token, hash;
};
NewToken new_token();

}  // namespace cloche::service
