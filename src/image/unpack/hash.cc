#include "image/unpack/hash.h"

#include "image/unpack/report.h"
#include "util/text.h"

namespace cloche::unpack {

Hash::Hash(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1)
    throw Failure("system", "start hashing");
}

void Hash::add(const void* bytes, std::size_t count) {
  if (EVP_DigestUpdate(context_.get(), bytes, count) != 1) throw Failure("system", "hash");
}

std::string Hash::value() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context_.get(), bytes, &length) != 1) throw Failure("system", "hash");
  return {reinterpret_cast<const char*>(bytes), length};
}

std::string Sha256::digest() {
  return "sha256:" + to_hex(value());
}

std::string Sha512::integrity() {
  return "sha512-" + base64(value());
}

}  // namespace cloche::unpack
