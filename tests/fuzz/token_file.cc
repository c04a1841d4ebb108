// Files of tokens.
#include "service/auth/token_file.h"

#include "fuzz.h"

using cloche::ErrorKind;
using namespace cloche::service;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  TokenFile file;
  const bool good = fuzz::accepts(
      {ErrorKind::bad_data}, [&] { file = TokenFile::parse(text, "the input", CallerLimits{}); });
  if (!good) return 0;
  fuzz::demand(!file.entries().empty(), "there is a token");
  for (const TokenEntry& entry : file.entries()) {
    fuzz::demand(!entry.name.empty() && entry.name.size() <= 64, "a name is short");
    fuzz::demand(entry.limits.rate >= 0 && entry.limits.rate <= 1e6, "a rate is in its range");
    fuzz::demand(entry.limits.burst >= 1, "a burst is in its range");
    fuzz::demand(text.find(entry.name) != text.npos, "a name is the file's");
  }
  fuzz::demand(file.find(text) == nullptr, "nobody guesses a hash");
  return 0;
}
