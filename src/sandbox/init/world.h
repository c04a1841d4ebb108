// The world that init builds before any program runs: users, mounts, network, clocks, rules.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sandbox/init/wire.h"
#include "sandbox/protocol.h"

struct sock_filter;  // <linux/filter.h>

namespace cloche::init {

// The results of building the world that init keeps.
struct World {
  int root_fd = -1;  // the new root, O_PATH
  // A proc mount for init alone. It always shows all processes, and no program can reach it.
  int proc_fd = -1;
  const char* work_dir = nullptr;
  bool two_ids = false;         // programs run as another user than init
  bool writable = false;        // the root file system can be written
  protocol::Ids program{};      // the user that programs run as
  bool control_groups = false;  // each run is born in a control group of its own
  const ::sock_filter* seccomp_program = nullptr;
  std::size_t seccomp_length = 0;  // in instructions
  std::uint32_t refusal = 0;       // its answer to a call that the profile does not name
  bool exec_by_descriptor = false;
  int oom_fd = -1;       // init's own oom_score_adj
  int landlock_fd = -1;  // the ruleset (landlock.cc); -1: the kernel has none
  // The memory file systems. Their bytes count as memory in use.
  int memory_fds[16];
  unsigned memory_count = 0;
};

// world.cc. All functions below end init by die() when a step fails, except where said.
void build_world(World& world, const Message& message);

// ids.cc: users and capabilities.
void become_init(const protocol::Setup& setup);
// Bounds on objects that are counted for the user on the host. Needs the launcher's /proc. A bound
// that cannot be set is left out.
void bound_kernel_objects();
// Keeps only the capabilities that init still needs. `starts_in_groups`: it will start programs in
// control groups.
void give_up_capabilities(bool starts_in_groups);

// mounts.cc: the pieces of the file systems, as descriptors of detached mounts.
// -1: errno says why.
int clone_mount(const char* path, std::uint64_t attributes, bool recursive);
int make_tmpfs(std::uint64_t bytes, std::uint64_t inodes, unsigned mode, protocol::Ids owner);
// Mounts on top of the mount or directory `place`.
void put_upon(int mount, int place);
int make_own_inodes(int rootfs, const protocol::Setup& setup, int& mount_point);
int make_writable(int rootfs, const protocol::Setup& setup, int& layer);
int make_proc(bool for_programs);
// Mounts at the path `target` below `root`, without following any symbolic link.
void place(int mount, int root, const char* target);

// network.cc
void bring_loopback_up();

// clocks.cc: a time namespace, where the kernel has one.
void begin_time();

// landlock.cc. -1: the kernel has no Landlock that can be used.
int make_landlock_rules(const World& world);

}  // namespace cloche::init
