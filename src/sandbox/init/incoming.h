// A file that the launcher puts inside, a piece at a time.
//
// A program may run meanwhile and move, replace or remove everything that it owns. So each step
// names one entry of a directory that is held open, and no call follows a symbolic link: below
// /proc, a link would lead init to its own descriptors. The content is written under a name of its
// own and renamed at the end, so that a program sees the whole file or none.
#pragma once

#include "sandbox/init/wire.h"
#include "sandbox/init/world.h"

namespace cloche::init {

class IncomingFile {
 public:
  explicit IncomingFile(const World& world) : world_(world) {}
  ~IncomingFile() { drop(); }
  IncomingFile(const IncomingFile&) = delete;
  IncomingFile& operator=(const IncomingFile&) = delete;

  // Takes a message of type `put`. A failure ends the work and is replied.
  void begin(Message& message);
  bool under_way() const { return file_ >= 0; }
  // Copies one piece. After the last one the file gets its name and the launcher its reply.
  void copy();
  // Copies all that is left.
  void finish() {
    while (under_way()) copy();
  }

 private:
  bool enter_parents();
  bool enter(const char* name);
  void fail(InitStep step);
  void drop();

  const World& world_;
  Message message_;
  char* path_ = nullptr;
  const char* name_ = nullptr;  // the last part of the path
  int directory_ = -1;          // that holds it, O_PATH
  int file_ = -1;
  char own_name_[32];  // of the file until it is complete
};

}  // namespace cloche::init
