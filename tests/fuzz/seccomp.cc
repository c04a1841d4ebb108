// Seccomp profiles: each must compile to a program that the kernel would accept.
#include "sandbox/seccomp/seccomp.h"

#include <linux/bpf_common.h>
#include <linux/filter.h>

#include <cstring>

#include "fuzz.h"

using cloche::ErrorKind;

namespace {

// The checks of the kernel's bpf_check_classic(): no jump leaves the program, and the end is a
// return.
void check(const std::string& bytes) {
  fuzz::demand(bytes.size() % sizeof(sock_filter) == 0, "a program is whole instructions");
  std::vector<sock_filter> program(bytes.size() / sizeof(sock_filter));
  fuzz::demand(!program.empty(), "a program is not empty");
  fuzz::demand(program.size() <= BPF_MAXINSNS, "a program is not longer than the kernel takes");
  std::memcpy(program.data(), bytes.data(), bytes.size());
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& each = program[at];
    if (BPF_CLASS(each.code) != BPF_JMP) continue;
    const std::size_t left = program.size() - at - 1;
    if (BPF_OP(each.code) == BPF_JA)
      fuzz::demand(each.k < left, "a jump stays in the program");
    else
      fuzz::demand(each.jt < left && each.jf < left, "a condition stays in the program");
  }
  fuzz::demand(BPF_CLASS(program.back().code) == BPF_RET, "a program ends with a return");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::accepts({ErrorKind::bad_data}, [&] {
    const std::string program =
        cloche::seccomp::compile(fuzz::text_of(data, size), "the input").program;
    check(program);
    cloche::seccomp::exec_by_descriptor(program);
    cloche::seccomp::check_usable(program, "the input");
  });
  return 0;
}
