#include "sandbox/seccomp/evaluate.h"

#include <linux/filter.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "cloche/error.h"

namespace cloche::seccomp {

namespace {

class Machine {
 public:
  Machine(std::string_view program, const seccomp_data& call)
      : program_(program), count_(program.size() / sizeof(sock_filter)), call_(call) {
    if (program.empty() || program.size() % sizeof(sock_filter) != 0 || count_ > BPF_MAXINSNS)
      bad("its length is impossible");
  }

  std::uint32_t run() {
    // Jumps only lead forwards, so this loop ends.
    while (next_ < count_) {
      sock_filter step;
      std::memcpy(&step, program_.data() + next_ * sizeof step, sizeof step);
      ++next_;
      switch (BPF_CLASS(step.code)) {
        case BPF_LD:
          a_ = load(step);
          break;
        case BPF_LDX:
          x_ = load(step);
          break;
        case BPF_ST:
          memory(step) = a_;
          break;
        case BPF_STX:
          memory(step) = x_;
          break;
        case BPF_ALU:
          calculate(step);
          break;
        case BPF_JMP:
          jump(step);
          break;
        case BPF_MISC:
          transfer(step);
          break;
        default:
          if (step.code == (BPF_RET | BPF_K)) return step.k;
          if (step.code == (BPF_RET | BPF_A)) return a_;
          unknown();
      }
    }
    bad("it does not end with a return");
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    throw Error(ErrorKind::bad_data, "evaluate a seccomp program: " + what);
  }

  [[noreturn]] void unknown() const {
    bad("instruction " + std::to_string(next_ - 1) + " is unknown");
  }

  std::uint32_t& memory(const sock_filter& step) {
    if (step.k >= BPF_MEMWORDS) bad("a memory word out of bounds");
    if (step.code != BPF_ST && step.code != BPF_STX && BPF_MODE(step.code) != BPF_MEM) unknown();
    return memory_[step.k];
  }

  std::uint32_t load(const sock_filter& step) {
    if (BPF_SIZE(step.code) != BPF_W) unknown();
    switch (BPF_MODE(step.code)) {
      case BPF_IMM:
        return step.k;
      case BPF_MEM:
        return memory(step);
      case BPF_LEN:
        return sizeof call_;
      case BPF_ABS:
        break;
      default:
        unknown();
    }
    if (BPF_CLASS(step.code) != BPF_LD) unknown();
    if (step.k % 4 != 0 || step.k > sizeof call_ - 4) bad("a load out of bounds");
    std::uint32_t value;
    std::memcpy(&value, reinterpret_cast<const char*>(&call_) + step.k, sizeof value);
    return value;
  }

  void calculate(const sock_filter& step) {
    const std::uint32_t by = BPF_SRC(step.code) == BPF_X ? x_ : step.k;
    switch (BPF_OP(step.code)) {
      case BPF_ADD:
        a_ += by;
        return;
      case BPF_SUB:
        a_ -= by;
        return;
      case BPF_MUL:
        a_ *= by;
        return;
      case BPF_AND:
        a_ &= by;
        return;
      case BPF_OR:
        a_ |= by;
        return;
      case BPF_XOR:
        a_ ^= by;
        return;
      case BPF_NEG:
        a_ = -a_;
        return;
      case BPF_DIV:
        if (by == 0) bad("a division by zero");
        a_ /= by;
        return;
      case BPF_LSH:
      case BPF_RSH:
        if (by > 31) bad("a shift by more than 31");
        a_ = BPF_OP(step.code) == BPF_LSH ? a_ << by : a_ >> by;
        return;
      default:
        unknown();
    }
  }

  void jump(const sock_filter& step) {
    const std::uint32_t with = BPF_SRC(step.code) == BPF_X ? x_ : step.k;
    std::uint64_t distance = 0;
    switch (BPF_OP(step.code)) {
      case BPF_JA:
        distance = step.k;
        break;
      case BPF_JEQ:
        distance = a_ == with ? step.jt : step.jf;
        break;
      case BPF_JGT:
        distance = a_ > with ? step.jt : step.jf;
        break;
      case BPF_JGE:
        distance = a_ >= with ? step.jt : step.jf;
        break;
      case BPF_JSET:
        distance = (a_ & with) != 0 ? step.jt : step.jf;
        break;
      default:
        unknown();
    }
    if (distance >= count_ - next_) bad("a jump out of bounds");
    next_ += distance;
  }

  void transfer(const sock_filter& step) {
    if (BPF_MISCOP(step.code) == BPF_TAX) {
      x_ = a_;
    } else if (BPF_MISCOP(step.code) == BPF_TXA) {
      a_ = x_;
    } else {
      unknown();
    }
  }

  std::string_view program_;
  std::size_t count_;
  seccomp_data call_;
  std::size_t next_ = 0;
  std::uint32_t a_ = 0, x_ = 0;
  std::uint32_t memory_[BPF_MEMWORDS] = {};
};

}  // namespace

std::uint32_t evaluate(std::string_view program, const seccomp_data& call) {
  return Machine(program, call).run();
}

bool allows(std::uint32_t answer) {
  return answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_LOG;
}

}  // namespace cloche::seccomp
