#include "image/unpack/hash.h"

#include "image/unpack/report.h"

namespace cloche::unpack {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw Failure("system", "start SHA-256");
}

void Sha256::add(const void* bytes, std::size_t count) {
  if (EVP_DigestUpdate(context_.get(), bytes, count) != 1) throw Failure("system", "SHA-256");
}

std::string Sha256::digest() {
  unsigned char value[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context_.get(), value, &length) != 1) throw Failure("system", "SHA-256");
  std::string text = "sha256:";
  for (unsigned int i = 0; i < length; ++i) {
    static const char digits[] = "0123456789abcdef";
    text += digits[value[i] >> 4];
    text += digits[value[i] & 15];
  }
  return text;
}

}  // namespace cloche::unpack
