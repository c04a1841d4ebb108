// SHA-256 as OCI writes it, and SHA-512 as npm does.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace cloche::unpack {

class Hash {
 public:
  void add(const void* bytes, std::size_t count);

 protected:
  explicit Hash(const EVP_MD* algorithm);
  // The bytes of the hash. Nothing can be added after it.
  std::string value();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

class Sha256 : public Hash {
 public:
  Sha256() : Hash(EVP_sha256()) {}
  // "sha256:<64 hex digits>".
  std::string digest();
};

class Sha512 : public Hash {
 public:
  Sha512() : Hash(EVP_sha512()) {}
  // "sha512-<base64>": Subresource Integrity, as npm's lock files have it.
  std::string integrity();
};

}  // namespace cloche::unpack
