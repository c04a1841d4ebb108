// Numbers with units.
#include "util/quantity.h"

#include "fuzz.h"

using namespace cloche;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  using std::chrono::hours;
  fuzz::accepts({ErrorKind::usage}, [&] {
    fuzz::demand(parse_bytes(text, "bytes") <= 1024ull << 40, "a size is 1024T at most");
  });
  fuzz::accepts({ErrorKind::usage}, [&] {
    fuzz::demand(parse_memory(text, "memory") >= 1ull << 20, "a memory limit is 1M at least");
  });
  fuzz::accepts({ErrorKind::usage}, [&] {
    const auto time = parse_duration(text, "time");
    fuzz::demand(time.count() >= 0 && time <= hours(24), "a duration is a day at most");
  });
  fuzz::accepts({ErrorKind::usage}, [&] {
    const auto time = parse_milliseconds(text, "milliseconds");
    fuzz::demand(time.count() >= 1 && time <= hours(24), "a time limit is 1 ms to a day");
  });
  fuzz::accepts({ErrorKind::usage}, [&] {
    const double cpus = parse_cpus(text, "cpus");
    fuzz::demand(cpus > 0 && cpus <= 4096, "a number of CPUs is in its range");
  });
  return 0;
}
