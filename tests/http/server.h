// Starts the real service for a test.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "util/fd.h"

namespace test {

// A file of a test's own, readable by its user alone.
class File {
 public:
  explicit File(const std::string& content);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }
  void write(const std::string& content) const;

 private:
  std::string path_ = "/tmp/cloche-http-file-XXXXXX";
};

class Server {
 public:
  // Starts `cloche serve` with a configuration (TOML) and further options, on a port of its own,
  // and waits until it says that it is ready.
  explicit Server(const std::string& config = {}, const std::vector<std::string>& options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& port() const { return port_; }
  pid_t pid() const { return pid_; }
  // The workers' processes.
  std::vector<pid_t> workers() const;
  // The resident memory of the server, in KiB.
  long resident() const;
  void signal(int number) const;
  // Waits for its end and returns the exit status.
  int wait();
  // Its log so far.
  std::string log() const;
  // Waits until the log holds this.
  bool logs(const std::string& text) const;

 private:
  std::string directory_;
  std::string port_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Whether `cloche serve` with these options becomes ready. A service that starts is stopped.
bool starts(const std::vector<std::string>& options);

// Whether the image is in this user's store. If it is missing, the test is skipped with a warning,
// or fails if $CLOCHE_TEST_IMAGES is set.
bool has_image(const std::string& name);

}  // namespace test
