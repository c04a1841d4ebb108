#include "image/unpack/hash.h"

#include "image/unpack/report.h"

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
  std::string text = "sha256:";
  for (const char byte : value()) {
    static const char digits[] = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::string Sha512::integrity() {
  const std::string bytes = value();
  unsigned char text[4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1];
  const int length = EVP_EncodeBlock(text, reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  return "sha512-" +
         std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
}

}  // namespace cloche::unpack
