#include "util/random.h"

#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "util/text.h"

namespace cloche {

std::string random_name(std::size_t bytes) {
  std::string drawn(bytes, '\0');
  if (::getentropy(drawn.data(), drawn.size()) < 0)
    throw Error::from_errno("get random bytes", errno);
  return to_hex(drawn);
}

}  // namespace cloche
