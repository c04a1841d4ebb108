// What the fuzz targets share: promises that must hold whatever the input is.
//
// A target hands its input to one parser and ends the process where a promise is broken, which
// libFuzzer reports together with the input. Sanitizers watch the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "cloche/error.h"

namespace fuzz {

inline void demand(bool holds, const std::string& promise) {
  if (holds) return;
  std::fprintf(stderr, "BROKEN PROMISE: %s\n", promise.c_str());
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Runs a parser that may refuse its input with an Error of the kinds given and in no other way.
// False if it did.
template <typename Parser>
bool accepts(std::initializer_list<cloche::ErrorKind> refusals, Parser parser) {
  try {
    parser();
    return true;
  } catch (const cloche::Error& error) {
    demand(std::find(refusals.begin(), refusals.end(), error.kind()) != refusals.end(),
           std::string("refuses only in documented ways: ") + error.what());
    const std::string_view message = error.what();
    demand(std::none_of(message.begin(), message.end(),
                        [](unsigned char byte) { return byte < ' ' || byte == 127; }),
           "a message is one line and moves no cursor");
    return false;
  }
}

// The pieces between lines "====", so that a corpus file that holds several texts stays readable.
inline std::vector<std::string> pieces(std::string_view text) {
  constexpr std::string_view kLine = "\n====\n";
  std::vector<std::string> list;
  for (;;) {
    const std::size_t end = text.find(kLine);
    list.emplace_back(text.substr(0, end));
    if (end == text.npos) return list;
    text.remove_prefix(end + kLine.size());
  }
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
