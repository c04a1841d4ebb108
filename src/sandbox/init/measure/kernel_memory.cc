#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/init/measure/sampler.h"

namespace cloche::init {

namespace {

// The kernel's memory for one semaphore of a set.
constexpr std::uint64_t kSemaphoreBytes = 64;
// Its memory for a message besides the text.
constexpr std::uint64_t kMessageBytes = 64;

// Up to this many sockets are not examined: they can hold less than the error of a sample, and the
// first request makes some kernels load a module.
constexpr std::uint64_t kFewSockets = 32;

// A request of sock_diag(7) for all sockets of a kind, with their memory.
struct DiagRequest {
  nlmsghdr header;
  union {
    unix_diag_req local;
    netlink_diag_req netlink;
    inet_diag_req_v2 inet;
  } body;
};

DiagRequest request_for(int family, int protocol) {
  DiagRequest request{};
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  std::size_t size = 0;
  if (family == AF_UNIX) {
    request.body.local.sdiag_family = AF_UNIX;
    request.body.local.udiag_states = ~0u;
    request.body.local.udiag_show = UDIAG_SHOW_MEMINFO;
    size = sizeof request.body.local;
  } else if (family == AF_NETLINK) {
    request.body.netlink.sdiag_family = AF_NETLINK;
    request.body.netlink.sdiag_protocol = NDIAG_PROTO_ALL;
    request.body.netlink.ndiag_show = NDIAG_SHOW_MEMINFO;
    size = sizeof request.body.netlink;
  } else {
    request.body.inet.sdiag_family = static_cast<std::uint8_t>(family);
    request.body.inet.sdiag_protocol = static_cast<std::uint8_t>(protocol);
    request.body.inet.idiag_states = ~0u;
    request.body.inet.idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
    size = sizeof request.body.inet;
  }
  request.header.nlmsg_len = static_cast<std::uint32_t>(offsetof(DiagRequest, body) + size);
  return request;
}

// The offset of the first attribute of an answer, and the number of the attribute that holds the
// memory.
struct Layout {
  std::size_t fixed;
  unsigned short attribute;
};

Layout layout_of(int family) {
  if (family == AF_UNIX) return {sizeof(unix_diag_msg), UNIX_DIAG_MEMINFO};
  if (family == AF_NETLINK) return {sizeof(netlink_diag_msg), NETLINK_DIAG_MEMINFO};
  return {sizeof(inet_diag_msg), INET_DIAG_SKMEMINFO};
}

std::uint64_t memory_in(const nlmsghdr* answer, const Layout& layout) {
  const char* at = static_cast<const char*>(NLMSG_DATA(answer)) + NLMSG_ALIGN(layout.fixed);
  const char* end = reinterpret_cast<const char*>(answer) + answer->nlmsg_len;
  while (at + sizeof(nlattr) <= end) {
    nlattr attribute;
    memcpy(&attribute, at, sizeof attribute);
    if (attribute.nla_len < sizeof attribute) break;
    if (attribute.nla_type == layout.attribute &&
        attribute.nla_len >= sizeof attribute + SK_MEMINFO_VARS * sizeof(std::uint32_t)) {
      std::uint32_t values[SK_MEMINFO_VARS];
      memcpy(values, at + sizeof attribute, sizeof values);
      // The kernel charges data in a local socket to the sender alone until it is received.
      return std::uint64_t{values[SK_MEMINFO_RMEM_ALLOC]} + values[SK_MEMINFO_WMEM_ALLOC] +
             values[SK_MEMINFO_OPTMEM];
    }
    at += NLMSG_ALIGN(attribute.nla_len);
  }
  return 0;
}

// A kind of socket that may hold memory; `closed` once the kernel says it cannot list it.
struct SocketKind {
  int family, protocol;
  bool closed;
};
SocketKind kinds[] = {{AF_UNIX, 0, false},           {AF_NETLINK, 0, false},
                      {AF_INET, IPPROTO_TCP, false}, {AF_INET6, IPPROTO_TCP, false},
                      {AF_INET, IPPROTO_UDP, false}, {AF_INET6, IPPROTO_UDP, false}};

std::uint64_t memory_of_sockets(int diag, SocketKind& kind) {
  const DiagRequest request = request_for(kind.family, kind.protocol);
  const Layout layout = layout_of(kind.family);
  if (send(diag, &request, request.header.nlmsg_len, 0) < 0) return 0;
  std::uint64_t sum = 0;
  alignas(nlmsghdr) char buffer[16384];
  for (;;) {
    const ssize_t count = recv(diag, buffer, sizeof buffer, 0);
    if (count <= 0) return sum;
    auto left = static_cast<unsigned>(count);
    for (auto* answer = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(answer, left);
         answer = NLMSG_NEXT(answer, left)) {
      if (answer->nlmsg_type == NLMSG_DONE) return sum;
      if (answer->nlmsg_type == NLMSG_ERROR) {
        kind.closed = true;
        return sum;
      }
      sum += memory_in(answer, layout);
    }
  }
}

// The number of the sandbox's sockets of all kinds, with those in flight between processes.
std::uint64_t sockets_in_use(int proc) {
  const int file = openat(proc, "1/net/sockstat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return ~0ull;
  char text[256];
  const ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  unsigned long used = 0;
  if (count > 0) {
    text[count] = '\0';
    if (sscanf(text, "sockets: used %lu", &used) == 1) return used;
  }
  return ~0ull;
}

std::uint64_t memory_of_all_sockets(int proc) {
  if (sockets_in_use(proc) <= kFewSockets) return 0;
  // The socket stays open: a namespace has only one init.
  static int diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (diag < 0) return 0;
  std::uint64_t sum = 0;
  for (SocketKind& kind : kinds)
    if (!kind.closed) sum += memory_of_sockets(diag, kind);
  return sum;
}

// System V objects of the sandbox's IPC namespace: shmctl(2) SHM_INFO and the like.
std::uint64_t memory_of_ipc() {
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::uint64_t sum = 0;
  shm_info shared{};
  if (shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&shared)) >= 0)
    sum += (shared.shm_rss + shared.shm_swp) * page;
  msginfo messages{};
  if (msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&messages)) >= 0)
    sum += static_cast<std::uint64_t>(messages.msgtql) +
           static_cast<std::uint64_t>(messages.msgmap) * kMessageBytes;
  seminfo semaphores{};
  if (semctl(0, 0, SEM_INFO, &semaphores) >= 0)
    sum += static_cast<std::uint64_t>(semaphores.semaem) * kSemaphoreBytes;
  return sum;
}

}  // namespace

std::uint64_t kernel_memory(const World& world) {
  return memory_of_all_sockets(world.proc_fd) + memory_of_ipc();
}

}  // namespace cloche::init
