#include "catch.h"
#include "cloche/error.h"
#include "runner/request/plan.h"
#include "util/pack.h"

using namespace cloche::runner;
using cloche::Error;
using cloche::ErrorKind;

namespace {

// Limits in which no field has its default.
cloche::Limits all_limits() {
  cloche::Limits limits;
  limits.wall_time = std::chrono::nanoseconds(1);
  limits.cpu_time = std::chrono::nanoseconds(2);
  limits.cpu_grace = std::chrono::nanoseconds(3);
  limits.memory_bytes = 1ull << 63;
  limits.tasks = 4;
  limits.cpus = 0.5;
  limits.cpuset = "0-1";
  limits.io_max = "8:0 rbps=1";
  limits.file_bytes = 5;
  limits.open_files = 6;
  limits.stack_bytes = 7;
  limits.stdout_bytes = 8;
  limits.stderr_bytes = 9;
  limits.output_action = cloche::OutputAction::kill;
  return limits;
}

Plan whole_plan() {
  Plan plan;
  plan.language = "python";
  plan.version = "3.13";
  plan.framework = "cw-2";
  plan.image = "python";
  plan.test_mode = plan.reporter = plan.call = plan.strict = true;
  plan.network = cloche::Network::none;
  plan.compat = Compat::codewars;
  plan.files = {{"a/b", std::string("\0\xff", 2)}, {"c", ""}};
  plan.shell = PlannedStep{{"bash"}, {}, all_limits()};
  plan.compile = {{{"cc", ""}, {"A=1"}, all_limits()}, {}};
  plan.run = {{"run"}, {"B=2", "C="}, all_limits()};
  plan.diagnostics = {"(?<file>a)(?<line>1)"};
  plan.sources = {{"a.c", 1, 2, "b"}};
  plan.convert = PlannedStep{{"convert"}, {"D=4"}, all_limits()};
  plan.stdin_data = std::string("in\0", 3);
  plan.cases = {{"one", {"a"}, "e"}, {"two", {}, std::nullopt}};
  plan.clean = {{{"m", "r"}}, {{"n", ""}}, {"setup"}};
  plan.hidden = {"text"};
  plan.output_type = "pre";
  return plan;
}

bool is_bad_data(const std::string& bytes) {
  try {
    decode_plan(bytes);
    return false;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::bad_data;
  }
}

void check_limits(const cloche::Limits& limits) {
  const cloche::Limits wanted = all_limits();
  CHECK(limits.wall_time == wanted.wall_time);
  CHECK(limits.cpu_time == wanted.cpu_time);
  CHECK(limits.cpu_grace == wanted.cpu_grace);
  CHECK(limits.memory_bytes == wanted.memory_bytes);
  CHECK(limits.tasks == wanted.tasks);
  CHECK(limits.cpus == wanted.cpus);
  CHECK(limits.cpuset == wanted.cpuset);
  CHECK(limits.io_max == wanted.io_max);
  CHECK(limits.file_bytes == wanted.file_bytes);
  CHECK(limits.open_files == wanted.open_files);
  CHECK(limits.stack_bytes == wanted.stack_bytes);
  CHECK(limits.stdout_bytes == wanted.stdout_bytes);
  CHECK(limits.stderr_bytes == wanted.stderr_bytes);
  CHECK(limits.output_action == wanted.output_action);
}

}  // namespace

TEST_CASE("a plan arrives as it was encoded") {
  const Plan plan = whole_plan();
  const Plan arrived = decode_plan(encode(plan));
  CHECK(encode(arrived) == encode(plan));
  CHECK(arrived.language == "python");
  CHECK(arrived.version == "3.13");
  CHECK(arrived.framework == "cw-2");
  CHECK(arrived.image == "python");
  CHECK(arrived.test_mode);
  CHECK(arrived.reporter);
  CHECK(arrived.call);
  CHECK(arrived.strict);
  CHECK(arrived.network == cloche::Network::none);
  CHECK(arrived.compat == Compat::codewars);
  CHECK(arrived.files == plan.files);
  REQUIRE(arrived.shell);
  check_limits(arrived.shell->limits);
  REQUIRE(arrived.compile.size() == 2);
  CHECK(arrived.compile[0].argv == plan.compile[0].argv);
  CHECK(arrived.compile[0].environment == plan.compile[0].environment);
  check_limits(arrived.compile[0].limits);
  check_limits(arrived.run.limits);
  CHECK(arrived.diagnostics == plan.diagnostics);
  CHECK(arrived.sources.at(0).path == "a.c");
  CHECK(arrived.sources.at(0).first == 1);
  CHECK(arrived.sources.at(0).lines == 2);
  CHECK(arrived.sources.at(0).name == "b");
  REQUIRE(arrived.convert);
  CHECK(arrived.convert->argv == plan.convert->argv);
  CHECK(arrived.run.environment == plan.run.environment);
  CHECK(arrived.stdin_data == plan.stdin_data);
  REQUIRE(arrived.cases.size() == 2);
  CHECK(arrived.cases[0].stdin_data == "one");
  CHECK(arrived.cases[0].arguments == plan.cases[0].arguments);
  CHECK(arrived.cases[0].expected == "e");
  CHECK_FALSE(arrived.cases[1].expected);
  CHECK(arrived.clean.out.at(0).match == "m");
  CHECK(arrived.clean.out.at(0).replace == "r");
  CHECK(arrived.clean.err.at(0).match == "n");
  CHECK(arrived.clean.hide == plan.clean.hide);
  CHECK(arrived.hidden == plan.hidden);
  CHECK(arrived.output_type == "pre");
  CHECK_FALSE(decode_plan(encode(Plan())).shell);
}

TEST_CASE("every other text is no plan") {
  const std::string good = encode(whole_plan());
  for (std::size_t size = 0; size < good.size(); ++size) {
    INFO(size);
    REQUIRE(is_bad_data(good.substr(0, size)));
  }
  CHECK(is_bad_data(good + '\0'));
  CHECK(is_bad_data(std::string(1000, '\xff')));
  CHECK(is_bad_data("x"));
  // A damaged byte is refused or changes one value; it never does anything else.
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(~damaged[at]);
    if (!is_bad_data(damaged)) REQUIRE(encode(decode_plan(damaged)) == damaged);
  }
}

TEST_CASE("numbers, flags and choices are checked") {
  using cloche::pack;
  using cloche::unpack;
  const auto refused = [](auto value, const std::string& bytes) {
    try {
      unpack<decltype(value)>(bytes, "a value");
      return std::string();
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::bad_data);
      return std::string(error.what());
    }
  };
  CHECK_THAT(refused(std::uint32_t(), pack(std::uint64_t{1} << 32)),
             ContainsSubstring("read a value: a number is too large"));
  CHECK(unpack<std::uint32_t>(pack(~std::uint32_t{0}), "a value") == ~std::uint32_t{0});
  CHECK_THAT(refused(true, "\2"), ContainsSubstring("a flag"));
  CHECK_THAT(refused(std::vector<bool>().size(), ""), ContainsSubstring("cut off"));
  // A false count must not allocate memory.
  CHECK_THAT(refused(std::vector<std::string>(), pack(~std::uint64_t{0})),
             ContainsSubstring("a list is cut off"));
}
