// The answer of a users service about a token.
#include "service/auth/introspection.h"

#include "fuzz.h"

using namespace cloche::service;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  const Introspection answer = parse_introspection(200, body);
  if (answer.user) {
    fuzz::demand(answer.is_answer, "who is known was answered");
    fuzz::demand(!answer.user->id.empty() && answer.user->id.size() <= 128, "an id is short");
    fuzz::demand(answer.user->username.size() <= 128, "a name is short");
    fuzz::demand(body.find("active") != body.npos || body.find("\\u") != body.npos,
                 "who is known is active");
  }
  for (const int status : {204, 401, 500})
    fuzz::demand(!parse_introspection(status, body).user, "only a 200 is a yes");
  return 0;
}
