// The sandbox: a Spec in, Results out. Knows no language, no image, no HTTP.
//
//   cloche::Spec spec;
//   spec.rootfs = "/path/to/rootfs";
//   cloche::Sandbox box(spec);                        // namespaces, mounts, limits: once
//   cloche::Command command;
//   command.argv = {"python3", "-c", "print(1)"};
//   cloche::Result result = box.exec(command);        // any number of times, one after the other
//   cloche::Process process = box.start(command);     // the same without waiting: process.h
//
// Making the sandbox and executing in it are separate acts; between two executions every process
// left inside is killed. Needs Linux 5.14 or newer with user namespaces (user_namespaces(7)).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloche/error.h"
#include "cloche/process.h"

namespace cloche {

// The consequence for a run that writes more than Limits::stdout_bytes or stderr_bytes.
enum class OutputAction {
  truncate,  // the surplus is read and dropped, Stream::truncated is set, the run goes on
  kill,      // the run is ended with Status::output_limit
};

// Bounds on the whole tree of processes of one execution. 0 means "no limit", except where a field
// says otherwise. Result::enforced_by names the mechanism that enforces each limit.
struct Limits {
  // From exec to the end. Default 12 s.
  std::chrono::nanoseconds wall_time = std::chrono::seconds(12);
  // User plus system time of all processes, those that have ended included. Default none. cgroup
  // cpu.stat, else sampling of the processes' CPU clocks every 10 ms.
  std::chrono::nanoseconds cpu_time{0};
  // CPU time that a run may use beyond cpu_time, so that it can end by itself: at cpu_time every
  // process gets SIGXCPU, after the grace all are killed. The verdict is time_limit either way.
  // Default none.
  std::chrono::nanoseconds cpu_grace{0};
  // Bytes of memory: anonymous memory, shared memory, memory file systems, and the kernel's memory
  // as far as it can be counted. Default 512 MiB. cgroup memory.max (swap off), else sampling every
  // 10 ms; memfd_create(2) is closed then.
  std::uint64_t memory_bytes = 512ull << 20;
  // Processes and threads at one time. Default 128. cgroup pids.max and RLIMIT_NPROC.
  std::uint32_t tasks = 128;
  // CPUs' worth of time: 0.5 is half a core. Default none. cgroup cpu.max. Without a cpu controller
  // this limit cannot be enforced, and Result::enforced_by says so.
  double cpus = 0;
  // The CPUs that may be used, in the form of cpuset(7): "0-1,4". Default all. cgroup cpuset.cpus;
  // without that controller sched_setaffinity(2), which a program can undo only among the
  // launcher's own CPUs.
  std::string cpuset;
  // Bounds on block devices: lines in the form of the kernel's io.max, "MAJ:MIN rbps=N wbps=N".
  // Default none. cgroup io.max; without that controller it cannot be enforced.
  std::string io_max;
  // The largest file that may be written. Default 64 MiB. RLIMIT_FSIZE.
  std::uint64_t file_bytes = 64ull << 20;
  // Open descriptors of one process. Default 512. Descriptors in flight between processes are
  // counted for the launcher's user as a whole, so a small limit leaves room for that user.
  // RLIMIT_NOFILE.
  std::uint32_t open_files = 512;
  // Stack of the first thread. Default 64 MiB, 0 leaves the launcher's own. RLIMIT_STACK.
  std::uint64_t stack_bytes = 64ull << 20;
  // Bytes kept of each stream. Default 16 MiB each; 0 keeps nothing.
  std::uint64_t stdout_bytes = 16ull << 20;
  std::uint64_t stderr_bytes = 16ull << 20;
  OutputAction output_action = OutputAction::truncate;
};

enum class Network {
  none,      // a fresh network namespace whose loopback is down: no socket reaches anything
  loopback,  // the same with loopback up: servers and clients inside can talk to each other
};

// A file or directory of the host, shown read-only inside.
struct Bind {
  std::string source;  // absolute path on the host
  std::string target;  // absolute path inside; must exist in the rootfs or lie on a Tmpfs
};

// An empty writable memory file system. Its bytes count against Limits::memory_bytes, too. If it
// becomes full, Result::notes holds "disk_limit".
struct Tmpfs {
  std::string target;                 // absolute path inside; must exist in the rootfs
  std::uint64_t bytes = 64ull << 20;  // tmpfs(5) size=
  std::uint32_t inodes = 16384;       // tmpfs(5) nr_inodes=
};

// The user that programs inside run as.
struct User {
  // 1 to 4294967294. The id exists only inside: on the host, where root launches, each sandbox has
  // a user of its own, otherwise it is the launcher's user. user_namespaces(7).
  std::uint32_t id = 1000;
  std::uint32_t group = 1000;
};

// A layer in memory over the root file system. It takes all writes and ends with the sandbox. Its
// bytes count against Limits::memory_bytes. Needs overlayfs in a user namespace (Linux 5.11; before
// 6.6 a directory of the image cannot be replaced by another). Where root launches it also needs
// idmapped mounts of the root file system's kind (mount_setattr(2), with overlayfs from 5.19).
// Without them, making the sandbox throws Error unsupported.
struct Writable {
  std::uint64_t bytes = 256ull << 20;  // tmpfs(5) size=
  std::uint32_t inodes = 65536;        // tmpfs(5) nr_inodes=
};

// Everything that a sandbox is made from. Of the host it shows only what is named here.
struct Spec {
  // The root file system, shown read-only. Must contain the directories proc, dev and every target
  // of `tmpfs` and `binds`. Required.
  std::string rootfs;
  // Makes the root file system writable for the program, without effect on `rootfs`. Default not.
  std::optional<Writable> writable;
  User user;
  std::vector<Bind> binds;
  // Writable places. The first one that is a prefix of work_dir holds the files of put().
  std::vector<Tmpfs> tmpfs = {{"/tmp"}, {"/workspace"}};
  // The directory in which programs start. Default /workspace.
  std::string work_dir = "/workspace";
  // "NAME=value" each. This is the whole environment: nothing is inherited from the launcher.
  std::vector<std::string> environment = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/workspace",
      "LANG=C.UTF-8"};
  // 1 to 64 characters. uts_namespaces(7).
  std::string hostname = "cloche";
  Network network = Network::none;
  // Bytes and inodes of /dev/shm. Default 16 MiB.
  std::uint64_t shm_bytes = 16ull << 20;
  // Limits of every execution whose Command has no limits of its own.
  Limits limits;
  // A name in profiles/seccomp ("default"), or an absolute path of a profile in the OCI form.
  std::string seccomp = "default";
  // Refuse, with ErrorKind::unsupported, to run when a limit can only be approximated.
  bool strict = false;
};

// A second way for a program to report, beside its streams: two pipes. The program writes events to
// one and reads answers from the other. Pipes and not a socket, because a program could send
// descriptors to the launcher through a socket.
//
// When events arrive, stdout and stderr are drained first: output that was written before an event
// is seen before it. A program that waits for the answer to each event keeps exact order.
//
// The launcher never blocks on the channel. While answers wait for the program to read them, no
// more events are read, so at most the answers to 64 KiB of events wait. A program that does not
// read its answers blocks only itself, until its own limits end it. At the end of the run the
// remaining events in the pipe are read, and their answers are dropped.
struct Channel {
  // Descriptor of the answers inside, 3 to 9. Events are written to the next one, `fd` + 1.
  int fd = 3;
  // The first bytes of the answers, available before the program starts. Default empty.
  std::string greeting;
  // Called with the bytes that arrived, at most 64 KiB; returns the answer, which may be empty.
  // Returning nothing closes the answers: the program reads their end. Events that come later are
  // still read and handed over. Required.
  std::function<std::optional<std::string>(std::string_view)> on_data;
};

// One execution. Descriptors of the caller's are copied when it starts: the caller may close its
// own. The functions are called by exec(), or where process.h says; they must not throw unless the
// program is to be ended by it.
struct Command {
  // Program and arguments; a program without '/' is looked up in PATH of the environment. Required.
  std::vector<std::string> argv;
  // Replaces Spec::environment for this execution.
  std::optional<std::vector<std::string>> environment;
  std::optional<std::string> work_dir;
  std::optional<Limits> limits;
  // Bytes for standard input, which is then closed.
  std::string stdin_data;
  // A descriptor of the caller whose bytes are copied to standard input after stdin_data, until it
  // ends. Never handed to the program itself. -1 for none.
  int stdin_fd = -1;
  std::optional<Channel> channel;
  // Standard error and standard output share one pipe, which keeps exactly the order of writing.
  // The pipe is bounded by Limits::stdout_bytes and shown as descriptor 1. Result::err stays empty.
  bool join_output = false;
  // Called with each piece of output as it arrives; `fd` is 1 or 2. Pieces beyond the limit are not
  // passed on.
  std::function<void(int fd, std::string_view bytes)> on_output;
  // Keep output in Result::out and Result::err. Default true.
  bool capture = true;
  // Becomes readable to end the run early (Status::cancelled). -1 for none.
  int cancel_fd = -1;
  // A descriptor of the caller. Each byte read from it is the number of a signal, 1 to 64, which is
  // sent to the program's first process while it runs. Other numbers are ignored. Its end means
  // only that no further signals come. -1 for none.
  int signal_fd = -1;
};

enum class Status {
  ok,              // ended by itself with exit code 0
  runtime_error,   // ended by itself with another exit code
  signaled,        // ended by a signal that cloche did not send
  time_limit,      // wall or CPU time was used up; Result::reason says which
  memory_limit,    // Limits::memory_bytes was used up
  output_limit,    // too much output, with OutputAction::kill
  syscall_denied,  // made a system call for which the seccomp profile ends the run
  cancelled,       // Command::cancel_fd became readable, or Process::kill
  not_started,     // the program could not be executed; Result::exec_errno says why
};
// The name as written in reports: "ok", "runtime_error", ...
std::string_view to_string(Status status);

// The cause of the end of a run. Finer than Status: a Status can have several.
enum class Reason {
  exited,        // Status ok, runtime_error: the program ended by itself
  signal,        // signaled: a signal that cloche did not send
  wall_time,     // time_limit: Limits::wall_time was used up
  cpu_time,      // time_limit: Limits::cpu_time was used up
  memory,        // memory_limit: sampling found more than Limits::memory_bytes
  kernel_oom,    // memory_limit: the kernel killed or refused memory in the control group
  stdout_limit,  // output_limit: more than Limits::stdout_bytes, or a bound of the runner
  stderr_limit,  // output_limit: more than Limits::stderr_bytes, or a bound of the runner
  denied_call,   // syscall_denied: the profile ends the run for a system call
  cancelled,     // cancelled: on the caller's demand
  exec_failed,   // not_started: Result::exec_errno says why
  init_lost,  // time_limit: at the end of Limits::wall_time the sandbox's init did not answer and
              // was killed; the Sandbox must not be used again
};
// The name as written in reports: "exited", "wall_time", ...
std::string_view to_string(Reason value);

// A limit of a run, in the order of the names.
enum class LimitKind {
  cpu_time,    // Limits::cpu_time
  cpus,        // Limits::cpus
  cpuset,      // Limits::cpuset
  disk,        // Tmpfs::bytes and inodes
  file_size,   // Limits::file_bytes
  io,          // Limits::io_max
  memory,      // Limits::memory_bytes
  open_files,  // Limits::open_files
  output,      // Limits::stdout_bytes and stderr_bytes
  stack,       // Limits::stack_bytes
  tasks,       // Limits::tasks
  wall_time,   // Limits::wall_time
};
// The name as written in reports: "cpu_time", "cpus", ...
std::string_view to_string(LimitKind value);

// The mechanism that enforces a limit.
enum class Mechanism {
  cgroup,       // a controller of cgroup v2: exact, over the whole tree of processes
  rlimit,       // setrlimit(2)
  timer,        // a timer of init
  launcher,     // the launcher counts the bytes that it reads
  tmpfs,        // the size of a memory file system: tmpfs(5)
  affinity,     // sched_setaffinity(2), which a program can undo
  supervision,  // init samples the use: a run can exceed the limit between two samples
  none,         // this host cannot enforce it
};
// The name as written in reports: "cgroup", "rlimit", ...
std::string_view to_string(Mechanism value);

// One output stream of an execution.
struct Stream {
  std::string bytes;        // exactly as written, up to the limit
  std::uint64_t total = 0;  // all that was written
  bool truncated = false;   // total exceeds what was kept
};

struct Result {
  Status status = Status::ok;
  Reason reason_code = Reason::exited;
  std::string reason;            // the same as one sentence for people
  std::optional<int> exit_code;  // set if it exited: 0 to 255
  std::optional<int> signal;     // set if a signal ended it, also one that cloche sent
  int exec_errno = 0;            // set with Status::not_started
  Stream out, err;
  // from exec to the end
  std::chrono::nanoseconds wall_time{0};
  // of all processes, living and ended, as far as they could be accounted for
  std::chrono::nanoseconds user_time{0}, system_time{0};
  // highest use seen: memory.peak, else the greater of the largest process and the largest sample
  std::uint64_t peak_memory_bytes = 0;
  // highest number of processes and threads seen: pids.peak, else the largest sample; at least 1
  std::uint32_t peak_tasks = 0;
  // to and from block devices: io.stat, else the sum of getrusage(2) over all processes. Data that
  // stays in memory (page cache, memory file systems, pipes) is not counted.
  std::uint64_t read_bytes = 0, written_bytes = 0;
  // times a task gave up its CPU voluntarily (to wait), and involuntarily: getrusage(2)
  std::uint64_t voluntary_switches = 0, involuntary_switches = 0;
  // how long Limits::cpus held tasks back: cpu.stat. 0 without the cpu controller.
  std::chrono::nanoseconds throttled_time{0};
  // how long at least one task of the run waited for "cpu", "memory" or "io": PSI of the control
  // group (Documentation/accounting/psi.rst). Empty without a group, or if the kernel keeps no such
  // figures.
  std::map<std::string, std::chrono::nanoseconds> pressure;
  // when the first and the last bytes of output came, counted from exec; unset if none came
  std::optional<std::chrono::nanoseconds> first_output, last_output;
  // limits that were reached without ending the run: "process_limit", "disk_limit",
  // "file_size_limit"
  std::vector<std::string> notes;
  // system calls that the seccomp profile refused by default, by name ("call 900" for a call
  // without a name), and how often. Empty if another supervisor, such as a container's, already
  // listens.
  std::map<std::string, std::uint64_t> denied_syscalls;
  // the mechanism behind each limit that was set
  std::map<LimitKind, Mechanism> enforced_by;
};

// The work directory of a Command cannot be entered; errnum() says why.
class WorkDirError : public Error {
 public:
  explicit WorkDirError(const Error& error) : Error(error) {}
};

// The content of a sandbox's memory file systems (Spec::tmpfs and /dev/shm) at one time: files,
// directories, symbolic links and FIFOs with their modes and times of change. Hard links become
// separate files. Copies of a Snapshot share the content.
class Snapshot {
 private:
  friend class Sandbox;
  struct Content;
  std::shared_ptr<const Content> content_;
};

// The time that a sandbox itself takes.
struct SandboxTimes {
  std::chrono::nanoseconds create{0};    // the constructor
  std::chrono::nanoseconds teardown{0};  // close()
};

// One sandbox. Movable; its functions may be called from one thread at a time. The destructor kills
// everything inside and releases everything that the sandbox holds; so does the launcher's death,
// however it dies. A sandbox belongs to the process that made it and ends with that process, even
// if a forked child lives on.
//
// Its init is a child of this process. SIGCHLD is sent when init ends, and a waitpid(2) for any
// child may reap it; neither affects the sandbox.
class Sandbox {
 public:
  // Throws Error: unsupported (no user namespaces), no_input (rootfs or bind missing), usage (a
  // Spec that makes no sense), denied, system.
  explicit Sandbox(const Spec& spec);
  ~Sandbox();
  Sandbox(Sandbox&&) noexcept;
  Sandbox& operator=(Sandbox&&) noexcept;

  // Starts a program and returns before it has ended. One program can run in a sandbox at a time:
  // while it does, start(), exec(), get(), save() and load() throw Error busy, and put() may be
  // called. Throws Error usage for a Command that makes no sense; system if this process has no
  // descriptors or memory left, and the sandbox can then be used as before; unsupported with
  // Spec::strict; internal as Process::advance().
  Process start(Command command);

  // Runs a program to its end, then kills all processes that it left behind: start() and wait().
  // Throws Error as these do.
  Result exec(const Command& command);

  // Writes a file inside, through the sandbox's own init. Missing parent directories are made.
  // `path` is absolute or relative to Spec::work_dir, and must lie on a Tmpfs. An existing file is
  // replaced in one step, so the Tmpfs must have room for both. A symbolic link on the way is
  // refused. Throws Error: usage, no_space, denied.
  void put(std::string_view path, std::string_view content, unsigned mode = 0644);

  // Reads at most `max_bytes` of a regular file inside, through init. Follows no symbolic link.
  // Returns nothing if there is no such regular file.
  std::optional<std::string> get(std::string_view path, std::uint64_t max_bytes = 16ull << 20);

  // Saves the present content of the memory file systems, at most `max_bytes` of it. Other
  // sandboxes of the same Spec can load it, so that many runs start from one state and see nothing
  // of each other. Throws Error: too_large; unsupported with Spec::writable, and for more than 100
  // nested directories.
  Snapshot save(std::uint64_t max_bytes = 256ull << 20);
  // Restores a saved content in a sandbox that was just made. Throws Error: no_space, and usage for
  // an empty Snapshot.
  void load(const Snapshot& snapshot);

  // Kills everything inside and releases everything that the sandbox holds, as the destructor does.
  // A Process that still runs has no Result then. Afterwards only times() may be called.
  void close();

  SandboxTimes times() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cloche
