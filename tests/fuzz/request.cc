// Requests as JSON, the statements in their texts, and a further object merged into them.
#include "runner/request/request.h"

#include <algorithm>

#include "fuzz.h"
#include "runner/request/cases.h"
#include "runner/request/statements.h"
#include "util/json_text.h"

using cloche::compact_json;
using cloche::ErrorKind;

namespace {

bool is_deep(const std::string& json) {
  return std::count_if(json.begin(), json.end(), [](char c) { return c == '[' || c == '{'; }) >
         cloche::kMostNesting;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto texts = fuzz::pieces(fuzz::text_of(data, size));
  cloche::runner::RequestDocument options;
  const bool good = fuzz::accepts({ErrorKind::bad_data, ErrorKind::usage}, [&] {
    options = cloche::runner::parse_request_document(texts.front(), "the input");
  });
  if (!good) return 0;
  const auto& request = options.request;
  fuzz::demand(!request.timeout || request.timeout->count() > 0, "a time limit is above 0");
  fuzz::demand(!request.cpus || *request.cpus > 0, "a limit of CPUs is above 0");
  fuzz::demand(!request.memory_bytes || *request.memory_bytes >= 1u << 20,
               "a memory limit is 1M at least");
  if (request.call)
    // The only condition that the reader of a call does not check.
    fuzz::demand(compact_json(request.call->arguments) || is_deep(request.call->arguments),
                 "arguments are JSON");
  fuzz::accepts({ErrorKind::bad_data},
                [&] { cloche::runner::parse_cases(texts.back(), "the cases"); });
  fuzz::accepts({ErrorKind::bad_data, ErrorKind::usage, ErrorKind::unsupported},
                [&] { cloche::runner::apply_statements(options.request); });
  fuzz::accepts({ErrorKind::bad_data, ErrorKind::usage}, [&] {
    cloche::runner::merge_request(options.request, texts.back(), "the second input");
  });
  return 0;
}
