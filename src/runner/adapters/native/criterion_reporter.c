/* Reports a Criterion run over cloche's channel. Compiled with every test run, first on the command
 * line.
 *
 * Criterion works in a parent, which this file steers, and starts the same executable anew for
 * every test. User code belongs in those children; README.md says what keeps it from the channel
 * and what does not. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/event.h>
#include <criterion/options.h>
#include <dlfcn.h>
#include <stdio.h>

#include "channel.h"
#include "startup.h"

static const char returned_mark[] = "cloche: the test function returned";

/* ---- Criterion's calls to its logger, in the parent ---- */

/* The test that runs now. Criterion ends a test by one of several calls, and a suite by none. Both
 * are closed when the next one begins. */
static struct {
  const struct criterion_test* test;
  int suite_open;
  int returned, passed, reported;
  enum criterion_test_status status;
  int exit_code, signal;
  float seconds;
  const char* message;
} current;

/* The parts of a failed assertion of <criterion/new/assert.h>, which arrive one by one. The text is
 * a little longer than what the runner keeps, so that the runner marks it as cut. */
static struct {
  int open;
  char text[1 << 20];
  size_t length;
} failure;

static int same(const char* a, const char* b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}

static void gather_bytes(const char* text, size_t length) {
  for (size_t i = 0; i < length && text[i] && failure.length + 1 < sizeof failure.text; ++i)
    failure.text[failure.length++] = text[i];
  failure.text[failure.length] = 0;
}

static void gather(const char* text) {
  gather_bytes(text, sizeof failure.text);
}

static void gather_line(void) {
  if (failure.length) gather("\n");
}

static void report_failure(void) {
  if (!failure.open) return;
  failure.open = 0;
  event("FAILED", failure.length ? failure.text : "Test Failed");
}

static void begin_failure(const char* message) {
  report_failure();
  current.reported = 1;
  failure.open = 1;
  failure.length = 0;
  failure.text[0] = 0;
  gather(message ? message : "");
}

static void note(struct criterion_test_stats* stats) {
  report_failure();
  current.status = stats->test_status;
  current.exit_code = stats->exit_code;
  current.signal = stats->signal;
  current.seconds = stats->elapsed_time;
  if (stats->test_status == CR_STATUS_SKIPPED) current.message = stats->message;
}

static void died(const char* how) {
  current.reported = 1;
  struct text text = {.length = 0};
  put(&text, how);
  put(&text, "\nExit code: ");
  put_number(&text, (uint64_t)(unsigned)current.exit_code, 1);
  put(&text, "\nSignal code: ");
  put_number(&text, (uint64_t)(unsigned)current.signal, 1);
  event("FAILED", text.bytes);
}

/* A test that Criterion counts as passed is reported as passed only if its function returned:
 * `exit(0)` in a solution is no success. */
static void close_test(void) {
  if (!current.test) return;
  report_failure();
  const struct criterion_test_extra_data* data = current.test->data;
  int meant_to_die = data->exit_code != 0 || data->signal != 0;
  if (data->disabled || current.status == CR_STATUS_SKIPPED) {
    event("SKIPPED", current.message ? current.message : "");
  } else if (!current.reported) {
    if (current.status == CR_STATUS_FAILED)
      died(meant_to_die ? "Test did not end as expected" : "Test Crashed");
    else if (!current.returned && !meant_to_die)
      died("Test Exited Early");
    else if (!current.passed)
      event("PASSED", "Test Passed"); /* assertions of the newer kind report failures only */
  }
  completed(current.seconds);
  current.test = NULL;
}

static void close_suite(void) {
  close_test();
  if (current.suite_open) event("COMPLETEDIN", "");
  current.suite_open = 0;
}

static void pre_suite(struct criterion_suite_set* set) {
  close_suite();
  event("DESCRIBE", set->suite.name);
  current.suite_open = 1;
}

static void pre_init(struct criterion_suite* suite, struct criterion_test* test) {
  (void)suite;
  close_test();
  current.test = test;
  current.returned = current.passed = current.reported = 0;
  current.status = CR_STATUS_PASSED;
  current.exit_code = current.signal = 0;
  current.seconds = 0;
  current.message = NULL;
  event("IT", test->name);
}

static void on_assert(struct criterion_assert_stats* stats) {
  const char* message = stats->message ? stats->message : "";
  report_failure();
  if (!stats->passed) {
    begin_failure(message);
  } else if (same(message, returned_mark)) {
    current.returned = 1;
  } else {
    current.passed = 1;
    event("PASSED", "Test Passed");
  }
}

static void assert_part(struct criterion_assert_stats* stats, const char* expression,
                        const char* message) {
  (void)stats;
  gather_line();
  gather("The expression ");
  gather(expression ? expression : "");
  gather(" is false");
  if (message) {
    gather(": ");
    gather(message);
  }
}

static void assert_text(struct criterion_assert_stats* stats, const char* text) {
  (void)stats;
  gather_line();
  gather(text);
}

static void assert_value(struct criterion_assert_stats* stats, struct cr_log_assert_param* value) {
  (void)stats;
  if (value->kind != CR_LOG_PARAM_STR) return;
  gather_line();
  gather("  ");
  gather(value->name);
  gather(": ");
  gather_bytes(value->data, value->size);
}

static void assert_values(struct criterion_assert_stats* stats, struct cr_log_assert_param* one,
                          struct cr_log_assert_param* other) {
  assert_value(stats, one);
  assert_value(stats, other);
}

static void theory_fail(struct criterion_theory_stats* stats) {
  if (!failure.open) begin_failure("");
  gather_line();
  gather("Theory failed with arguments: (");
  gather(stats->formatted_args ? stats->formatted_args : "");
  gather(")");
  report_failure();
}

static void test_timeout(struct criterion_test_stats* stats) {
  note(stats);
  current.reported = 1;
  event("FAILED", "Test Timed Out");
}

static void crash(struct criterion_test_stats* stats) {
  note(stats);
  died("Test Crashed");
}

static void test_abort(struct criterion_test_stats* stats, const char* message) {
  note(stats);
  current.reported = 1;
  event("FAILED", message);
}

static void message(enum criterion_severity severity, const char* text) {
  (void)severity;
  complain(text);
  complain("\n");
}

static void post_all(struct criterion_global_stats* stats) {
  (void)stats;
  close_suite();
}

static struct criterion_logger reporter = {
    .log_pre_suite = pre_suite,
    .log_pre_init = pre_init,
    .log_assert = on_assert,
    .log_assert_sub = assert_part,
    .log_assert_formatted = assert_text,
    .log_assert_param = assert_value,
    .log_assert_param_eq = assert_values,
    .log_theory_fail = theory_fail,
    .log_test_timeout = test_timeout,
    .log_test_crash = crash,
    .log_test_abort = test_abort,
    .log_other_crash = crash,
    .log_abnormal_exit = crash,
    .log_post_test = note,
    .log_post_fini = note,
    .log_post_all = post_all,
    .log_message = message,
};

/* ---- Criterion's messages from the children ---- */

/* A nanomsg socket drops a message of more than 1 MiB and its sender waits for ever. The parent is
 * the only one that binds a socket: it accepts messages of any length, which the memory limit of
 * the run bounds. libcriterion calls this function instead of nanomsg's (see hidden.map). */
int nn_bind(int socket, const char* address) {
  enum { socket_level = 0, longest_message = 16 }; /* NN_SOL_SOCKET, NN_RCVMAXSIZE */
  static const int unlimited = -1;
  int (*set)(int, int, int, const void*, size_t) = dlsym(RTLD_NEXT, "nn_setsockopt");
  int (*bind)(int, const char*) = dlsym(RTLD_NEXT, "nn_bind");
  if (!set || !bind || set(socket, socket_level, longest_message, &unlimited, sizeof unlimited) < 0)
    fail_to_start("cannot lengthen the messages of tests");
  return bind(socket, address);
}

/* ---- in the children (the linker wraps these calls, see the profile) ---- */

void __wrap_criterion_send_assert(struct criterion_assert_stats* stats) {
  fflush(NULL); /* output before the assertion must appear before it */
  __real_criterion_send_assert(stats);
}

static void send_pass(const char* message) {
  struct criterion_assert_stats stats = {.message = message, .passed = true, .file = ""};
  __wrap_criterion_send_assert(&stats);
}

void __wrap_cri_asserts_passed_incr(void) {
  __real_cri_asserts_passed_incr();
  send_pass("");
}

void __wrap_criterion_internal_test_main(void (*test)(void)) {
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* a crash or timeout must not lose output */
  __real_criterion_internal_test_main(test);
  send_pass(returned_mark);
}

int main(int argc, char** argv) {
  if (channel < 0) fail_to_start("no reporter channel: this program is run by cloche");
  refuse_replacements();
  criterion_options.logger = &reporter;
  criterion_options.jobs = 1;
  criterion_options.executable_name = argc > 0 ? argv[0] : "tests";
  struct criterion_test_set* tests = criterion_initialize();
  int passed = criterion_run_all_tests(tests);
  criterion_finalize(tests);
  event("END", "");
  /* Leave without running the destructors of the user's code. */
  leave(passed ? 0 : 1);
}
