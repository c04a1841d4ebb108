// The common part of the fuzz targets: conditions that must hold for every input.
//
// A target hands its input to one parser and ends the process if a condition does not hold.
// libFuzzer reports that together with the input. Sanitizers watch the rest.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
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

// A new directory, removed at the end with all that is in it.
class Directory {
 public:
  Directory() {
    std::string made = "/tmp/cloche-fuzz-XXXXXX";
    demand(::mkdtemp(made.data()) != nullptr, "there is a temporary directory");
    path = made;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string path;
};

// Runs a parser that may refuse its input only with an Error of the given kinds. False if it
// refused.
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

// The pieces between lines "====". A corpus file that holds several texts thus stays readable.
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
