// Plans as a worker reads them.
#include "runner/request/plan.h"

#include "fuzz.h"

using cloche::ErrorKind;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  cloche::runner::Plan plan;
  const bool good =
      fuzz::accepts({ErrorKind::bad_data}, [&] { plan = cloche::runner::decode_plan(bytes); });
  if (good) fuzz::demand(cloche::runner::encode(plan) == bytes, "a plan has one encoding");
  return 0;
}
