// init: the small static program that is PID 1 inside a sandbox.
//
// It builds its world (ids.cc, world.cc), then answers the launcher on one socket (main.cc): run
// this (exec.cc, watch.cc), put this file, give me that one (files.cc). It trusts the launcher and
// nothing else: it parses nothing that sandboxed code wrote, and follows no path of theirs.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "sandbox/protocol.h"

namespace cloche::init {

// What init keeps from building its world.
struct World {
  int root_fd = -1;  // the new root, O_PATH
  int proc_fd = -1;  // a proc mount of its own, which no process inside can reach or cover
  const char* work_dir = nullptr;
  bool two_ids = false;                   // programs run as another user than init
  const void* seccomp_program = nullptr;  // struct sock_filter[]
  std::size_t seccomp_length = 0;         // in instructions
  // The memory file systems, whose bytes count as memory in use.
  int memory_fds[16];
  unsigned memory_count = 0;
};

// A message that has arrived. `bytes` is mapped and given back by drop().
struct Message {
  protocol::Header header{};
  char* bytes = nullptr;
  int fds[4] = {-1, -1, -1, -1};
  unsigned fd_count = 0;

  const char* text(protocol::Text text) const { return bytes + text.offset; }
  template <typename T>
  const T* list(protocol::List list) const {
    return reinterpret_cast<const T*>(bytes + list.offset);
  }
  template <typename T>
  const T& body() const {
    return *reinterpret_cast<const T*>(bytes);
  }
  // A list of Text as a null-terminated array of pointers, the form of argv(7). The launcher sends
  // each such list with 8 bytes an entry and one entry to spare, so it is converted where it lies.
  char** pointers(protocol::List list) const;
  void drop_descriptors();
  void drop();  // unmaps the bytes and closes the descriptors
};

// wire.cc: the socket. If the launcher is gone, these end init, and with it everything inside.
Message receive();
void reply(protocol::Type type, const void* body = nullptr, std::uint32_t size = 0);
void reply_failed(const char* tried, const char* detail, int errnum);

// Tells the launcher that building the world failed, with errno, and ends init.
[[noreturn]] void die(const char* tried, const char* detail = "");

// ids.cc: who init is.
void become_init(const protocol::Setup& setup);
void give_up_capabilities();
// In the child that becomes the program: its own user, no capability at all. False: errno says why.
bool become_program(bool two_ids);

// world.cc: what is to be seen.
void build_world(World& world, const Message& message);

// network.cc
void bring_loopback_up();

// exec.cc
void execute(const World& world, Message& message);

// watch.cc: what the processes inside use.
struct Usage {
  std::uint64_t cpu_ns;        // of the living
  std::uint64_t memory_bytes;  // anonymous memory, and what lies on memory file systems
};
Usage sample(const World& world);

// files.cc
void put(const World& world, const Message& message);
void get(const World& world, const Message& message);

// guard.cc: what this program does when it is started with the name of a control group.
void guard_groups(const char* name);

// Monotonic time in nanoseconds.
std::uint64_t now();

}  // namespace cloche::init
