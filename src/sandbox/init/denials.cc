// Refused system calls, by name.
//
// If the profile would refuse a call only because it does not name it, the filter leaves the answer
// to init (seccomp_unotify(2)). init counts the call and answers as the profile would have. The
// report can thus name the refused calls, at no cost to the calls that are allowed.
#include "sandbox/init/denials.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/program.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

namespace cloche::init {

namespace {

long set_filter(const sock_filter* instructions, std::size_t length, unsigned flags) {
  sock_fprog program{};
  program.len = static_cast<unsigned short>(length);
  program.filter = const_cast<sock_filter*>(instructions);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

bool ends_run(std::uint32_t action) {
  const std::uint32_t kind = action & SECCOMP_RET_ACTION_FULL;
  return kind == SECCOMP_RET_KILL_PROCESS || kind == SECCOMP_RET_KILL_THREAD;
}

// Makes a copy of the filter that asks init about calls that are refused by default and about calls
// that end the run. Returns how many instructions ask.
std::size_t questions(const World& world, sock_filter* copy) {
  // A profile that traps wants the program itself to handle the call.
  const std::uint32_t kind = world.refusal & SECCOMP_RET_ACTION_FULL;
  if (kind != SECCOMP_RET_ERRNO && !ends_run(world.refusal)) return 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < world.seccomp_length; ++i) {
    copy[i] = world.seccomp_program[i];
    if (copy[i].code != (BPF_RET | BPF_K)) continue;
    if (copy[i].k != world.refusal && !ends_run(copy[i].k)) continue;
    copy[i].k = SECCOMP_RET_USER_NOTIF;
    ++count;
  }
  return count;
}

// The profile's own answer to a call: runs the filter as the kernel would. The filter is the
// launcher's own and was accepted by the kernel, so every jump stays inside it.
std::uint32_t verdict(const World& world, const seccomp_data& call) {
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < world.seccomp_length; ++at) {
    const sock_filter& instruction = world.seccomp_program[at];
    bool met = false;
    switch (instruction.code) {
      case BPF_RET | BPF_K:
        return instruction.k;
      case BPF_LD | BPF_W | BPF_ABS:
        memcpy(&value, reinterpret_cast<const char*>(&call) + instruction.k, sizeof value);
        continue;
      case BPF_ALU | BPF_AND | BPF_K:
        value &= instruction.k;
        continue;
      case BPF_JMP | BPF_JA:
        at += instruction.k;
        continue;
      case BPF_JMP | BPF_JEQ | BPF_K:
        met = value == instruction.k;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        met = value > instruction.k;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        met = value >= instruction.k;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        met = (value & instruction.k) != 0;
        break;
      default:
        return world.refusal;
    }
    at += met ? instruction.jt : instruction.jf;
  }
  return world.refusal;
}

void note(protocol::Ended& ended, const seccomp_data& call) {
  constexpr std::uint32_t kRoom = sizeof ended.denied / sizeof *ended.denied;
  for (std::uint32_t i = 0; i < ended.denied_count; ++i) {
    protocol::Denied& known = ended.denied[i];
    if (known.number == call.nr && known.arch == call.arch) {
      ++known.count;
      return;
    }
  }
  if (ended.denied_count < kRoom) ended.denied[ended.denied_count++] = {call.arch, call.nr, 1};
}

}  // namespace

Denials::~Denials() {
  hang_up();
}

void Denials::hang_up() {
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
}

bool Denials::filter() {
  if (world_.seccomp_length == 0) return true;
  // Longer programs are not accepted by the kernel either: BPF_MAXINSNS.
  static sock_filter asking[4096];
  if (world_.seccomp_length <= sizeof asking / sizeof *asking && questions(world_, asking) > 0) {
    const long listener =
        set_filter(asking, world_.seccomp_length, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener >= 0) {
      listener_ = static_cast<int>(listener);
      return true;
    }
    // A container's supervisor listens already, or the kernel is too old to ask.
    if (errno != EBUSY && errno != EINVAL) return false;
  }
  return set_filter(world_.seccomp_program, world_.seccomp_length, 0) == 0;
}

bool refuse_memory_files() {
  sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_secret, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return set_filter(instructions, sizeof instructions / sizeof *instructions, 0) == 0;
}

bool permit_execution_of(const char* path) {
  const auto address = reinterpret_cast<std::uintptr_t>(path);
  constexpr unsigned kPath = offsetof(seccomp_data, args[1]);
  sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kPath),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(address), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kPath + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(address >> 32), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
  };
  return set_filter(instructions, sizeof instructions / sizeof *instructions, 0) == 0;
}

bool Denials::answer(protocol::Ended& ended) {
  seccomp_notif call{};
  if (ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
    // ENOENT: the caller was killed meanwhile. Other errors: no process is left that could ask.
    if (errno != ENOENT && errno != EINTR && errno != EAGAIN) hang_up();
    return true;
  }
  note(ended, call.data);
  const std::uint32_t action = verdict(world_, call.data);
  if (ends_run(action)) {
    ended.cause = protocol::Cause::denied_call;
    ended.fatal_call = {call.data.arch, call.data.nr, 1};
    return false;
  }
  seccomp_notif_resp response{};
  response.id = call.id;
  response.error = (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO
                       ? -static_cast<int>(action & SECCOMP_RET_DATA)
                       : -EPERM;
  ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &response);
  return true;
}

}  // namespace cloche::init
