// The interpreter of BPF, on programs written by hand.
#include "sandbox/seccomp/evaluate.h"

#include <linux/filter.h>

#include <cstddef>
#include <string>
#include <vector>

#include "catch.h"
#include "cloche/error.h"

namespace {

std::string bytes(const std::vector<sock_filter>& program) {
  return std::string(reinterpret_cast<const char*>(program.data()),
                     program.size() * sizeof(sock_filter));
}

std::uint32_t run(const std::vector<sock_filter>& program, const seccomp_data& call = {}) {
  return cloche::seccomp::evaluate(bytes(program), call);
}

// The accumulator after an operation on A = `a` and X = 3.
std::uint32_t after(std::uint32_t a, sock_filter operation) {
  return run({BPF_STMT(BPF_LDX | BPF_IMM, 3), BPF_STMT(BPF_LD | BPF_IMM, a), operation,
              BPF_STMT(BPF_RET | BPF_A, 0)});
}

// 1 if the jump is taken with A = `a` and X = 3.
std::uint32_t taken(std::uint32_t a, unsigned operation, std::uint32_t k) {
  return run({BPF_STMT(BPF_LDX | BPF_IMM, 3), BPF_STMT(BPF_LD | BPF_IMM, a),
              sock_filter{static_cast<__u16>(BPF_JMP | operation), 1, 0, k},
              BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1)});
}

}  // namespace

TEST_CASE("loads see the call") {
  seccomp_data call{};
  call.nr = 7;
  call.arch = 8;
  call.instruction_pointer = 9;
  call.args[0] = 0x1111111122222222;
  call.args[5] = 0x3333333344444444;
  const auto word = [&](std::uint32_t offset) {
    return run({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset), BPF_STMT(BPF_RET | BPF_A, 0)}, call);
  };
  CHECK(word(offsetof(seccomp_data, nr)) == 7);
  CHECK(word(offsetof(seccomp_data, arch)) == 8);
  CHECK(word(offsetof(seccomp_data, instruction_pointer)) == 9);
  CHECK(word(offsetof(seccomp_data, args)) == 0x22222222);
  CHECK(word(offsetof(seccomp_data, args) + 4) == 0x11111111);
  CHECK(word(60) == 0x33333333);
  CHECK(run({BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_RET | BPF_A, 0)}) == 64);
  CHECK(run({BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_IMM, 6),
             BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_MISC | BPF_TXA, 0),
             BPF_STMT(BPF_RET | BPF_A, 0)}) == 5);
}

TEST_CASE("calculation wraps around in 32 bits") {
  CHECK(after(5, BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 0xffffffff)) == 4);
  CHECK(after(5, BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0)) == 2);
  CHECK(after(5, BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0)) == 15);
  CHECK(after(7, BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0)) == 2);
  CHECK(after(6, BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 3)) == 2);
  CHECK(after(6, BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0)) == 7);
  CHECK(after(6, BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0)) == 5);
  CHECK(after(1, BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31)) == 0x80000000);
  CHECK(after(0x80000000, BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 31)) == 1);
  CHECK(after(1, BPF_STMT(BPF_ALU | BPF_NEG, 0)) == 0xffffffff);
}

TEST_CASE("jumps compare without sign") {
  CHECK(taken(5, BPF_JEQ | BPF_K, 5) == 1);
  CHECK(taken(5, BPF_JEQ | BPF_K, 6) == 0);
  CHECK(taken(0xffffffff, BPF_JGT | BPF_X, 0) == 1);
  CHECK(taken(3, BPF_JGT | BPF_X, 0) == 0);
  CHECK(taken(3, BPF_JGE | BPF_X, 0) == 1);
  CHECK(taken(6, BPF_JSET | BPF_K, 9) == 0);
  CHECK(taken(6, BPF_JSET | BPF_K, 2) == 1);
  CHECK(taken(0, BPF_JA, 1) == 1);
}

TEST_CASE("programs that the kernel would not take are errors") {
  const sock_filter done = BPF_STMT(BPF_RET | BPF_K, 0);
  const auto refused = [](const std::string& program) {
    INFO(program.size());
    try {
      cloche::seccomp::evaluate(program, {});
      FAIL("was evaluated");
    } catch (const cloche::Error& error) {
      CHECK(error.kind() == cloche::ErrorKind::bad_data);
    }
  };
  CHECK(run({done}) == 0);
  refused("");
  refused(bytes({done}) + "x");
  refused(bytes(std::vector<sock_filter>(BPF_MAXINSNS + 1, done)));
  refused(bytes({BPF_STMT(BPF_LD | BPF_IMM, 0)}));                 // no return
  refused(bytes({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), done}));  // out of bounds
  refused(bytes({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc), done}));
  refused(bytes({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), done}));  // not aligned
  refused(bytes({BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), done}));  // not a word
  refused(bytes({BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), done}));
  refused(bytes({BPF_STMT(BPF_LDX | BPF_W | BPF_ABS, 0), done}));
  refused(bytes({BPF_STMT(BPF_ST, 16), done}));
  refused(bytes({BPF_STMT(BPF_LD | BPF_MEM, 16), done}));
  refused(bytes({BPF_STMT(BPF_JMP | BPF_JA, 1), done}));
  refused(bytes({BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), done}));
  refused(bytes({BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 255, 0), done}));
  refused(bytes({BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), done}));
  refused(bytes({BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), done}));
  refused(bytes({BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), done}));
  refused(bytes({BPF_STMT(BPF_RET | BPF_X, 0)}));
  refused(bytes({sock_filter{0xffff, 0, 0, 0}, done}));
}
