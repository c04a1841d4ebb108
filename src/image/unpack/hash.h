// SHA-256, as OCI writes it.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace cloche::unpack {

class Sha256 {
 public:
  Sha256();
  void add(const void* bytes, std::size_t count);
  // "sha256:<64 hex digits>". Nothing can be added after it.
  std::string digest();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace cloche::unpack
