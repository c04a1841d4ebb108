// The messages between the launcher and init, over one stream socket.
//
// Each message is a Header, then `size` bytes: a fixed structure followed by the strings that it
// points to by offset. Descriptors travel with the header (SCM_RIGHTS). Only the launcher and init,
// which are built together, ever hold this socket. Sandboxed code sees nothing of it.
#pragma once

#include <cstdint>

namespace cloche::protocol {

// Descriptors of init when it starts. 0 to 2 are /dev/null.
inline constexpr int kSocketFd = 3;

// The user inside that init runs as where root launches. There, init and the program are two
// different users of the host. An ordinary user has only one uid to map, so both run as the
// program's user.
inline constexpr std::uint32_t kInitId = 0;

enum class Type : std::uint32_t {
  // Launcher to init.
  // Setup; descriptors: seccomp program, pidfd of the launcher, the root file system as a mount if
  // its owners are mapped.
  setup = 1,
  // Exec; descriptors: stdin, stdout, stderr, answers and events of the channel if there is one,
  // control group if there is one
  exec,
  put,     // Put, also while a program runs; descriptor: content
  get,     // Get; descriptor: where the content goes
  save,    // Save; descriptor: receives the memory file systems' content
  load,    // nothing; descriptor: the saved content
  kill,    // nothing; ends the execution under way
  warn,    // nothing; sends SIGXCPU to everything inside
  signal,  // Signal; sends it to the program
  // Init to launcher. An exec is answered by `ended` or `not_started`, all else by `done` or
  // `failed`: a file can be put while a program runs.
  done,         // nothing
  failed,       // Failed
  ended,        // Ended
  not_started,  // Failed
};

struct Header {
  Type type;
  std::uint32_t size;
};

// The offset of a NUL-terminated string, counted from the start of the message's bytes.
struct Text {
  std::uint32_t offset;
};

// The offset of `count` structures, 8-byte aligned. A list of strings has 8 bytes for each entry,
// which hold the offset of the string, and room for one entry more, so that init can turn the list
// into argv in place.
struct List {
  std::uint32_t offset;
  std::uint32_t count;
};

struct Bind {
  Text source, target;
};

struct Ids {
  std::uint32_t user, group;
};

// A memory file system to mount.
struct Tmpfs {
  Text target;
  std::uint32_t inodes;
  std::uint64_t bytes;
};

struct Setup {
  Text rootfs;
  Text hostname;
  Text work_dir;
  List binds;  // Bind
  List tmpfs;  // Tmpfs
  std::uint64_t shm_bytes;
  std::uint64_t writable_bytes;  // of the layer that makes the root file system writable; 0: none
  std::uint32_t writable_inodes;
  Ids program;                      // inside
  std::uint32_t map_ids_of_user;    // 1: init writes its own maps for user_id and group_id
  std::uint32_t user_id, group_id;  // of the launcher, on the host
  std::uint32_t loopback;           // 1: bring it up
  std::uint32_t control_groups;     // 1: each Exec brings a control group
  // The seccomp program's answer to a call that no rule of the profile names.
  std::uint32_t refusal;
  // 1: the profile lets a program be executed only by kProgramDescriptor.
  std::uint32_t exec_by_descriptor;
};

// The descriptor of the program's file when it is executed by descriptor.
inline constexpr int kProgramDescriptor = 1000;

struct Exec {
  List argv, environment;  // of strings
  Text work_dir;
  std::uint64_t wall_ns;        // 0: none
  std::uint64_t cpu_ns;         // to be supervised by sampling; 0: not
  std::uint64_t cpu_grace_ns;   // added to cpu_ns, after a warning by SIGXCPU
  std::uint64_t cpu_last_ns;    // RLIMIT_CPU of each process, rounded up; 0: none
  std::uint64_t memory_bytes;   // to be supervised by sampling; 0: not
  std::uint64_t file_bytes;     // 0: none
  std::uint64_t stack_bytes;    // 0: as the launcher's
  std::uint32_t open_files;     // 0: as the launcher's
  std::uint32_t tasks;          // RLIMIT_NPROC; 0: none
  std::uint32_t program_tasks;  // how many of them the program may have; 0: any number
  std::int32_t channel_fd;      // of the answers inside; events are the next one; -1: no channel
  std::uint32_t reserved;
  std::uint64_t affinity[16];  // CPUs that may be used, as of sched_setaffinity(2); all 0: any
};

struct Signal {
  std::int32_t number;  // 1 to kLastSignal
};

inline constexpr int kLastSignal = 64;

struct Put {
  Text path;
  std::uint32_t mode;
};

struct Get {
  Text path;
  std::uint64_t max_bytes;
};

struct Save {
  std::uint64_t max_bytes;
};

// One step of init's work that can fail. launch/failure.cc has the sentence for each.
enum class InitStep : std::uint32_t {
  understand_launcher,
  // Building the world. "path": detail names it.
  open_host_path,     // a bind or a device of the host; path
  open_rootfs,        // path
  count_binds,        // more than init has room for
  read_seccomp,       // the seccomp program
  open_own_file,      // of /proc/self; path
  write_own_file,     // the same
  drop_groups,        // supplementary groups
  keep_capabilities,  // over the change of user
  become_user,        // the sandbox's own
  become_undumpable,
  make_tmpfs,
  set_mount_option,  // detail: its name
  count_tmpfs,       // more than init has room for
  make_proc,
  restrict_proc,
  mount_proc,
  mount_rootfs,
  overlay_rootfs,  // read-only
  make_layer,      // for writing over the root file system
  overlay_writable,
  enter_rootfs,      // path
  pivot_root,        // path
  leave_host,        // unmount the host's file systems
  enter_root,        // the new /
  open_root,         // the new /
  find_mount_point,  // path
  mount_at,          // path
  make_device,       // detail: its name
  mount_device,      // detail: its name
  fill_dev,
  close_dev,  // make /dev read-only
  open_dev,
  set_hostname,    // detail: the name
  start_loopback,  // bring it up
  make_landlock_rules,
  add_landlock_rule,
  drop_bounding_set,
  clear_ambient_set,
  lock_secure_bits,
  drop_capabilities,
  set_no_new_privs,
  // Starting a program.
  watch_children,  // for their end
  hide_path,       // of the only execution that the profile allows
  start_process,
  begin_session,
  hide_groups,  // the control groups
  become_program_user,
  enter_work_dir,  // path
  set_limits,
  obey_landlock_rules,
  filter_calls,
  arrange_descriptors,
  // Files; path.
  make_parents,
  replace_file,
  create_file,
  write_file,
  open_file,
  check_regular,  // the file is of another type
  read_file,
  // Snapshots.
  save_writable,  // not possible with a writable root file system
  save_files,
  load_files,
};
inline constexpr std::uint32_t kInitSteps = static_cast<std::uint32_t>(InitStep::load_files) + 1;

// A request could not be done.
struct Failed {
  InitStep step;
  std::int32_t errnum;
  char detail[248];  // NUL-terminated; the object of the step, or empty
};

enum class Cause : std::uint32_t {
  exited,       // the program ended by itself; `wait_status` says how
  not_started,  // exec failed; `exec_errno` says why
  wall_time,
  cpu_time,
  memory,
  killed,       // on the launcher's demand
  denied_call,  // `fatal_call`
};

// A system call that was refused, and how often.
struct Denied {
  std::uint32_t arch;  // AUDIT_ARCH_*
  std::int32_t number;
  std::uint64_t count;
};

struct Ended {
  Cause cause;
  std::int32_t wait_status;  // as of waitpid(2)
  std::int32_t exec_errno;
  std::uint32_t peak_tasks;
  std::uint64_t wall_ns, user_ns, system_ns;
  std::uint64_t peak_bytes;
  std::uint64_t read_blocks, written_blocks;  // of 512 bytes
  std::uint64_t voluntary_switches, involuntary_switches;
  std::uint32_t disk_full;     // 1: a memory file system had no bytes or no inodes left
  std::uint32_t tasks_full;    // 1: as many tasks as the limit allows were seen
  std::uint32_t cpu_warned;    // 1: SIGXCPU was sent because cpu_ns was used up
  std::uint32_t denied_count;  // entries of `denied`
  Denied denied[32];           // those beyond are not told
  Denied fatal_call;           // set with Cause::denied_call
};

}  // namespace cloche::protocol
