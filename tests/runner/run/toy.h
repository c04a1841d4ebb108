// A language for tests: its programs are shell scripts that use the channel by hand. Needs the
// image "python" (for its shell), which tools/test builds.
#pragma once

#include <map>
#include <string>

#include "cloche/runner.h"

// A temporary data directory for tests. It links to the real directories that tests do not change.
class Data {
 public:
  // `more`: further files below the directory, by path.
  explicit Data(const std::map<std::string, std::string>& more = {});
  ~Data();
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;

 private:
  std::string path_ = "/tmp/cloche-test-XXXXXX";
};

// Reads the greeting, and defines how to report an event: say TAG [TEXT [LEAD [MILLISECONDS]]].
// ASCII only: shells count characters. $two_lines is a text of two lines, "a" and "b".
extern const std::string kSpeak;

cloche::runner::Request toy();
// A plain run of this script.
cloche::runner::Request toy(const std::string& solution);

cloche::runner::Report run(const cloche::runner::Request& request,
                           const cloche::runner::RunOptions& options = {});
