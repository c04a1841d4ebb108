// init: the small static program that is PID 1 inside a sandbox.
//
// It builds its world (ids.cc, world.cc), then answers the launcher on one socket (main.cc): run
// this (exec.cc, watch.cc), put this file, give me that one (files.cc). It trusts the launcher and
// nothing else: it parses nothing that sandboxed code wrote, and follows no path of theirs.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "sandbox/protocol.h"

struct sock_filter;  // <linux/filter.h>

namespace cloche::init {

// What init keeps from building its world.
struct World {
  int root_fd = -1;  // the new root, O_PATH
  // A proc mount of its own, which shows all processes whatever they do, and which none of them can
  // reach.
  int proc_fd = -1;
  const char* work_dir = nullptr;
  bool two_ids = false;         // programs run as another user than init
  bool writable = false;        // the root file system too
  protocol::Ids program{};      // as which user programs run
  bool control_groups = false;  // each run is born in a control group of its own
  const ::sock_filter* seccomp_program = nullptr;
  std::size_t seccomp_length = 0;  // in instructions
  std::uint32_t refusal = 0;       // what it returns for a call that the profile does not name
  bool exec_by_descriptor = false;
  int oom_fd = -1;       // init's own oom_score_adj
  int landlock_fd = -1;  // the ruleset (landlock.cc); -1: the kernel has none
  // The memory file systems, whose bytes count as memory in use.
  int memory_fds[16];
  unsigned memory_count = 0;
};

// A message that has arrived. `bytes` is mapped and given back by drop().
struct Message {
  protocol::Header header{};
  char* bytes = nullptr;
  int fds[6] = {-1, -1, -1, -1, -1, -1};
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

// wire.cc: the socket. If the launcher is gone, these end init, and with it everything inside. Its
// end of the socket may live on in processes it forked, so init also holds a pidfd of it.
void watch_launcher(int pidfd);
int launcher_pidfd();
Message receive();
void reply(protocol::Type type, const void* body = nullptr, std::uint32_t size = 0);
void reply_failed(const char* tried, const char* detail, int errnum);

// Tells the launcher that building the world failed, with errno, and ends init.
[[noreturn]] void die(const char* tried, const char* detail = "");

// ids.cc: who init is.
void become_init(const protocol::Setup& setup);
// Bounds on objects that are counted for the user on the host. While /proc is the launcher's.
void bound_kernel_objects();
// All but what init itself still needs; `starts_in_groups`: it will start programs in groups.
void give_up_capabilities(bool starts_in_groups);
// In the child that becomes the program: its own user, no capability at all. False: errno says why.
bool become_program(const World& world);

// world.cc: what is to be seen.
void build_world(World& world, const Message& message);

// mounts.cc: the pieces of the world.
int open_inside(int root, const char* path, bool make_directory);
int clone_mount(const char* path, std::uint64_t attributes, bool recursive);
int make_tmpfs(std::uint64_t bytes, std::uint64_t inodes, unsigned mode, protocol::Ids owner);
void put_upon(int mount, int place);
int make_own_inodes(int rootfs, const protocol::Setup& setup, int& mount_point);
int make_writable(int rootfs, const protocol::Setup& setup, int& layer);
int make_proc(bool for_programs);
void place(int mount, int root, const char* target);

// network.cc
void bring_loopback_up();

// clocks.cc
void begin_time();

// landlock.cc
int make_landlock_rules(const World& world);
bool obey_landlock_rules(int rules);

// denials.cc: system calls that the seccomp filter leaves to init.
class Denials {
 public:
  explicit Denials(const World& world) : world_(world) {}
  ~Denials();
  Denials(const Denials&) = delete;
  Denials& operator=(const Denials&) = delete;

  // In the child that becomes the program: puts the filter in force. False: errno says why.
  bool filter();
  // Becomes readable when a call waits for its answer; -1 if there is nothing to hear.
  int fd() const { return listener_; }
  // Answers one. False if the run must end for it.
  bool answer(protocol::Ended& ended);
  // Nobody is left to ask.
  void hang_up();

 private:
  const World& world_;
  int listener_ = -1;
};

// Lets execveat(2) pass only with this very pointer as its path. No filter sees what a pointer
// points to, but to use the call again a program would have to guess the address.
bool permit_execution_of(const char* path);

// Closes memfd_create(2), whose files lie on no file system that could be measured.
bool refuse_memory_files();

// program.cc: the child that becomes the program.
struct Start {
  const World* world;
  const protocol::Exec* exec;
  const Message* message;
  Denials* denials;
  char* const* argv;
  char* const* environment;
  const char* search_path;
  const char* empty_path;  // "" at a place nobody can guess, where World::exec_by_descriptor
  const char* step;        // what is being done, for the error; null once only exec is left
  int failed;              // errno, if exec did not succeed
};
int start_program(void* start);

// exec.cc
void execute(const World& world, Message& message);

// watch.cc: what the processes inside use.
struct Use {
  std::uint64_t cpu_ns;        // of all that were seen, also of those that are gone
  std::uint64_t memory_bytes;  // of processes, of memory file systems, and of the kernel for them
  std::uint64_t pipe_ends;
  std::uint32_t tasks;
  bool disk_full;
};
class Sampler {
 public:
  explicit Sampler(const World& world) : world_(world) {}
  // Tasks and disks; CPU time and memory only if they are to be measured. Once more than `enough`
  // memory is found, the rest is not looked at.
  Use sample(bool measure, std::uint64_t enough);

 private:
  struct Seen {
    pid_t pid;
    std::uint64_t cpu_ns;
    std::uint64_t virtual_bytes, mappings;
    std::uint32_t round, shared_round;
  };
  Seen& remember(pid_t pid);
  void look_at(const char* name, bool measure, Use& use);
  void look_at_disks(Use& use);

  static constexpr unsigned kRemembered = 1024;  // a power of two
  const World& world_;
  std::uint64_t cpu_ns_ = 0;
  std::uint32_t round_ = 0;
  std::uint32_t tasks_ = 0;  // of the last sample
  Seen seen_[kRemembered] = {};
};

// kernel_memory.cc: what the kernel holds for the sandbox outside of any process: sockets with what
// waits in them, System V shared memory, messages and semaphores.
std::uint64_t kernel_memory(const World& world);

// files.cc
void put(const World& world, const Message& message);
void get(const World& world, const Message& message);
// Copies until the end or until `room` bytes were copied. False: errno says why it failed.
bool copy_bytes(int from, int to, std::uint64_t room);

// snapshot.cc
void save(const World& world, const Message& message);
void load(const World& world, const Message& message);

// guard.cc: what this program does when it is started with the name of a control group.
void guard_groups(const char* name);

// A clock in nanoseconds, 0 if there is no such; and monotonic time.
std::uint64_t clock(clockid_t which);
std::uint64_t now();

}  // namespace cloche::init
