#include "image/source/skopeo.h"

#include "catch.h"
#include "image/fixture.h"

using namespace cloche;
using namespace cloche::image;

TEST_CASE("skopeo's messages are cleaned, and their kinds are distinguished") {
  struct Said {
    const char* text;
    const char* reason;
    ErrorKind kind;
  };
  // Messages of skopeo 1.9 and 1.18.
  const Said list[] = {
      {"time=\"2026-01-01T00:00:00Z\" level=fatal msg=\"Error parsing image name "
       "\\\"docker://127.0.0.1:1/x:1\\\": pinging container registry 127.0.0.1:1: Get "
       "\\\"https://127.0.0.1:1/v2/\\\": dial tcp 127.0.0.1:1: connect: connection refused\"\n",
       "pinging container registry 127.0.0.1:1: Get \"https://127.0.0.1:1/v2/\": dial tcp "
       "127.0.0.1:1: connect: connection refused",
       ErrorKind::unreachable},
      {"time=\"…\" level=warning msg=\"something else\"\n"
       "time=\"…\" level=fatal msg=\"reading manifest x in r/i: manifest unknown: manifest "
       "unknown\"\n",
       "reading manifest x in r/i: manifest unknown: manifest unknown", ErrorKind::image_missing},
      {"time=\"…\" level=fatal msg=\"reading manifest 1 in r/i: unauthorized: authentication "
       "required\"",
       "reading manifest 1 in r/i: unauthorized: authentication required", ErrorKind::denied},
      {"level=fatal msg=\"requested access to the resource is denied\"",
       "requested access to the resource is denied", ErrorKind::denied},
      {"level=fatal msg=\"dial tcp: lookup a.invalid: no such host\"",
       "dial tcp: lookup a.invalid: no such host", ErrorKind::unreachable},
      {"level=fatal msg=\"write /x: no space left on device\"", "write /x: no space left on device",
       ErrorKind::no_space},
      {"level=fatal msg=\"Invalid image name \\\"x\\\", unknown transport\"",
       "Invalid image name \"x\", unknown transport", ErrorKind::usage},
      {"level=fatal msg=\"1 error occurred:\\n\\t* no descriptor found for reference "
       "\\\"nope\\\"\\n\\n\"",
       "1 error occurred: * no descriptor found for reference \"nope\"", ErrorKind::image_missing},
      {"level=fatal msg=\"reference \\\"x\\\" does not resolve to an image ID\"",
       "reference \"x\" does not resolve to an image ID", ErrorKind::image_missing},
      {"no log line\n", "no log line", ErrorKind::system},
      {"", "", ErrorKind::system},
  };
  for (const Said& said : list) {
    CHECK(skopeo_reason(said.text) == said.reason);
    CHECK(skopeo_kind(said.reason) == said.kind);
  }
  CHECK(skopeo_reason(std::string(100'000, 'x')).size() < 1000);
}
