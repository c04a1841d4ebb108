/* Reports a Criterion run over cloche's channel. Compiled with every test run, first on the command line.
 *
 * Criterion works in a parent, which this file steers, and starts the same executable anew for every test. User
 * code belongs in those children; README.md says what keeps it from the channel and what does not.
 *
 * Nothing here calls libc where user code could have put a function of the same name: a kata may well define its
 * own `remove`, `index` or `write`. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/event.h>
#include <criterion/options.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { nonce_length = 32, line_limit = 1 << 20, text_limit = line_limit - 512 };

static int channel = -1;
static char nonce[nonce_length + 1];
static const char returned_mark[] = "cloche: the test function returned";

/* ---- the kernel, without libc ---- */

static long kernel(long number, long a, long b, long c) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#else
#error "no system call sequence for this machine"
#endif
}

static void leave(int status) {
  for (;;) kernel(SYS_exit_group, status, 0, 0);
}

static void complain(const char *text) {
  size_t length = 0;
  while (text[length]) ++length;
  kernel(SYS_write, 2, (long)text, (long)length);
}

/* ---- events ---- */

static struct {
  char bytes[line_limit];
  size_t length;
} line;

static void put(char c) {
  if (line.length < sizeof line.bytes) line.bytes[line.length++] = c;
}

static void put_text(const char *text) {
  for (; *text; ++text) put(*text);
}

static void put_number(uint64_t value, int digits) {
  char text[24];
  int length = 0;
  do {
    text[length++] = (char)('0' + value % 10);
    value /= 10;
  } while (value || length < digits);
  while (length) put(text[--length]);
}

/* The length of the UTF-8 sequence that starts here, or 0 if there is no valid one. */
static int sequence_length(const unsigned char *s) {
  if (s[0] < 0x80) return 1;
  int length = s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
  for (int i = 1; i < length; ++i)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
  if (s[0] == 0xed && s[1] > 0x9f) return 0;
  if (s[0] == 0xf0 && s[1] < 0x90) return 0;
  if (s[0] == 0xf4 && s[1] > 0x8f) return 0;
  return length;
}

static void put_json(const char *text) {
  static const char hex[] = "0123456789abcdef";
  const unsigned char *s = (const unsigned char *)text;
  put('"');
  while (*s && line.length < text_limit) {
    int length = sequence_length(s);
    if (length == 0) {
      put_text("\\ufffd");
      ++s;
    } else if (length > 1) {
      while (length--) put((char)*s++);
    } else if (*s < 0x20 || *s == '"' || *s == '\\' || *s == 0x7f) {
      put_text("\\u00");
      put(hex[*s >> 4]);
      put(hex[*s & 15]);
      ++s;
    } else {
      put((char)*s++);
    }
  }
  put('"');
}

/* Sends the line and waits for the runner to have placed it. Without a runner there is no point in going on. */
static void transmit(void) {
  put('\n');
  for (size_t sent = 0; sent < line.length;) {
    long written = kernel(SYS_write, channel, (long)(line.bytes + sent), (long)(line.length - sent));
    if (written <= 0) leave(125);
    sent += (size_t)written;
  }
  char answer;
  if (kernel(SYS_read, channel, (long)&answer, 1) != 1) leave(125);
}

static void begin(const char *tag) {
  line.length = 0;
  put_text(nonce);
  put_text(" {\"tag\":\"");
  put_text(tag);
  put('"');
}

static void event(const char *tag, const char *text) {
  begin(tag);
  put_text(",\"text\":");
  put_json(text ? text : "");
  put('}');
  transmit();
}

static void completed(float seconds) {
  uint64_t nanoseconds = seconds > 0 ? (uint64_t)((double)seconds * 1e9) : 0;
  begin("COMPLETEDIN");
  for (int as_text = 1; as_text >= 0; --as_text) {
    put_text(as_text ? ",\"text\":\"" : ",\"ms\":");
    put_number(nanoseconds / 1000000, 1);
    put('.');
    put_number(nanoseconds % 1000000, 6);
    if (as_text) put('"');
  }
  put('}');
  transmit();
}

/* ---- what Criterion tells its logger, in the parent ---- */

/* The test under way. Criterion ends a test by one of several calls, and a suite by none: both are closed when the
 * next begins. */
static struct {
  const struct criterion_test *test;
  int suite_open;
  int returned, passed, reported;
  enum criterion_test_status status;
  int exit_code, signal;
  float seconds;
  const char *message;
} current;

/* A failed assertion of the newer kind comes in parts, which are gathered here. */
static struct {
  int open;
  char text[16384];
  size_t length;
} failure;

static int same(const char *a, const char *b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}

static void gather_bytes(const char *text, size_t length) {
  for (size_t i = 0; i < length && text[i] && failure.length + 1 < sizeof failure.text; ++i)
    failure.text[failure.length++] = text[i];
  failure.text[failure.length] = 0;
}

static void gather(const char *text) { gather_bytes(text, sizeof failure.text); }

static void gather_line(void) {
  if (failure.length) gather("\n");
}

static void report_failure(void) {
  if (!failure.open) return;
  failure.open = 0;
  event("FAILED", failure.length ? failure.text : "Test Failed");
}

static void begin_failure(const char *message) {
  report_failure();
  current.reported = 1;
  failure.open = 1;
  failure.length = 0;
  failure.text[0] = 0;
  gather(message ? message : "");
}

static void note(struct criterion_test_stats *stats) {
  report_failure();
  current.status = stats->test_status;
  current.exit_code = stats->exit_code;
  current.signal = stats->signal;
  current.seconds = stats->elapsed_time;
  if (stats->test_status == CR_STATUS_SKIPPED) current.message = stats->message;
}

static void died(const char *how) {
  current.reported = 1;
  begin("FAILED");
  put_text(",\"text\":\"");
  put_text(how);
  put_text("\\nExit code: ");
  put_number((uint64_t)(unsigned)current.exit_code, 1);
  put_text("\\nSignal code: ");
  put_number((uint64_t)(unsigned)current.signal, 1);
  put_text("\"}");
  transmit();
}

/* What Criterion takes for a pass counts only if the test function came back: `exit(0)` in the middle of a
 * solution is no success. */
static void close_test(void) {
  if (!current.test) return;
  report_failure();
  const struct criterion_test_extra_data *data = current.test->data;
  int meant_to_die = data->exit_code != 0 || data->signal != 0;
  if (data->disabled || current.status == CR_STATUS_SKIPPED) {
    event("SKIPPED", current.message ? current.message : "");
  } else if (!current.reported) {
    if (current.status == CR_STATUS_FAILED)
      died(meant_to_die ? "Test did not end as expected" : "Test Crashed");
    else if (!current.returned && !meant_to_die)
      died("Test Exited Early");
    else if (!current.passed)
      event("PASSED", "Test Passed"); /* newer assertions do not tell when they hold */
  }
  completed(current.seconds);
  current.test = NULL;
}

static void close_suite(void) {
  close_test();
  if (current.suite_open) event("COMPLETEDIN", "");
  current.suite_open = 0;
}

static void pre_suite(struct criterion_suite_set *set) {
  close_suite();
  event("DESCRIBE", set->suite.name);
  current.suite_open = 1;
}

static void pre_init(struct criterion_suite *suite, struct criterion_test *test) {
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

static void on_assert(struct criterion_assert_stats *stats) {
  const char *message = stats->message ? stats->message : "";
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

static void assert_part(struct criterion_assert_stats *stats, const char *expression, const char *message) {
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

static void assert_text(struct criterion_assert_stats *stats, const char *text) {
  (void)stats;
  gather_line();
  gather(text);
}

static void assert_value(struct criterion_assert_stats *stats, struct cr_log_assert_param *value) {
  (void)stats;
  if (value->kind != CR_LOG_PARAM_STR) return;
  gather_line();
  gather("  ");
  gather(value->name);
  gather(": ");
  gather_bytes(value->data, value->size);
}

static void assert_values(struct criterion_assert_stats *stats, struct cr_log_assert_param *one,
                          struct cr_log_assert_param *other) {
  assert_value(stats, one);
  assert_value(stats, other);
}

static void theory_fail(struct criterion_theory_stats *stats) {
  if (!failure.open) begin_failure("");
  gather_line();
  gather("Theory failed with arguments: (");
  gather(stats->formatted_args ? stats->formatted_args : "");
  gather(")");
  report_failure();
}

static void test_timeout(struct criterion_test_stats *stats) {
  note(stats);
  current.reported = 1;
  event("FAILED", "Test Timed Out");
}

static void crash(struct criterion_test_stats *stats) {
  note(stats);
  died("Test Crashed");
}

static void test_abort(struct criterion_test_stats *stats, const char *message) {
  note(stats);
  current.reported = 1;
  event("FAILED", message);
}

static void message(enum criterion_severity severity, const char *text) {
  (void)severity;
  complain(text);
  complain("\n");
}

static void post_all(struct criterion_global_stats *stats) {
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

/* ---- before anything of the user's runs ---- */

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static void nothing(void) {}

static void fail_to_start(const char *why) {
  complain("cloche: ");
  complain(why);
  complain("\n");
  leave(125);
}

static void read_greeting(void) {
  static const char expected[] = "cloche 1 ";
  char c;
  for (int at = 0; kernel(SYS_read, channel, (long)&c, 1) == 1; ++at) {
    if (c == '\n') {
      if (at == (int)sizeof expected - 1 + nonce_length) return;
      break;
    }
    if (at < (int)sizeof expected - 1 && c != expected[at]) break;
    if (at >= (int)sizeof expected - 1 + nonce_length) break;
    if (at >= (int)sizeof expected - 1) nonce[at - ((int)sizeof expected - 1)] = c;
  }
  fail_to_start("the reporter channel did not greet as expected");
}

/* Takes CLOCHE_CHANNEL out of the environment; the descriptor's number, or -1. */
static int take_channel(char **environment) {
  static const char name[] = "CLOCHE_CHANNEL=";
  int number = -1;
  char **kept = environment;
  for (char **at = environment; *at; ++at) {
    int i = 0;
    while (name[i] && (*at)[i] == name[i]) ++i;
    if (name[i]) {
      *kept++ = *at;
      continue;
    }
    number = 0;
    for (const char *digit = *at + i; *digit >= '0' && *digit <= '9'; ++digit)
      number = number * 10 + (*digit - '0');
  }
  *kept = NULL;
  return number;
}

static ElfW(Addr) writable(const void *from, size_t size) {
  ElfW(Addr) page = 4096, start = (ElfW(Addr))from & ~(page - 1);
  ElfW(Addr) end = ((ElfW(Addr))from + size + page - 1) & ~(page - 1);
  return kernel(SYS_mprotect, (long)start, (long)(end - start), PROT_READ | PROT_WRITE) == 0;
}

/* The parent needs none of the executable's constructors, and the user may have written one that calls exit, or
 * looks for the channel. Children, started anew, run them all. */
static void drop_constructors(void) {
  ElfW(Addr) base = (ElfW(Addr))__ehdr_start;
  size_t entries = 0, preinit_size = 0;
  void (**preinit)(void) = NULL;
  while (_DYNAMIC[entries].d_tag != DT_NULL) ++entries;
  if (!writable(_DYNAMIC, entries * sizeof *_DYNAMIC)) fail_to_start("cannot set constructors aside");
  for (ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_INIT_ARRAYSZ) entry->d_un.d_val = 0;
    if (entry->d_tag == DT_INIT) entry->d_un.d_ptr = (ElfW(Addr))nothing - base;
    if (entry->d_tag == DT_PREINIT_ARRAY) preinit = (void (**)(void))(base + entry->d_un.d_ptr);
    if (entry->d_tag == DT_PREINIT_ARRAYSZ) preinit_size = entry->d_un.d_val;
  }
  if (preinit_size > sizeof *preinit) {
    if (!writable(preinit, preinit_size)) fail_to_start("cannot set constructors aside");
    for (size_t i = 1; i < preinit_size / sizeof *preinit; ++i) preinit[i] = nothing;
  }
}

void __real_criterion_send_assert(struct criterion_assert_stats *stats);
void __real_criterion_internal_test_main(void (*test)(void));
void __real_cri_asserts_passed_incr(void);
/* These come with <criterion/new/assert.h>, which is costly to read and wanted here for their addresses only. */
void cri_assert_node_send(void);
void cri_assert_node_init(void);
void cri_assert_node_add(void);

/* The linker prefers a function of the executable to one of the library, so a solution that defines these would
 * answer for the framework. */
static void refuse_replacements(void) {
  static const struct {
    const char *name;
    const void *function;
  } framework[] = {
#define ENTRY(prefix, f) {#f, (const void *)prefix##f}
      ENTRY(__real_, criterion_send_assert),    ENTRY(__real_, criterion_internal_test_main),
      ENTRY(, criterion_internal_test_setup),   ENTRY(, criterion_internal_test_teardown),
      ENTRY(, criterion_abort_test),            ENTRY(, criterion_continue_test),
      ENTRY(, criterion_test_die),              ENTRY(, criterion_skip_test),
      ENTRY(, criterion_initialize),            ENTRY(, criterion_run_all_tests),
      ENTRY(, criterion_finalize),              ENTRY(__real_, cri_asserts_passed_incr),
      ENTRY(, cri_assert_node_send),            ENTRY(, cri_assert_node_init),
      ENTRY(, cri_assert_node_add),
#undef ENTRY
  };
  for (size_t i = 0; i < sizeof framework / sizeof *framework; ++i) {
    const char *at = framework[i].function;
    if (at < __ehdr_start || at >= _end) continue;
    complain("cloche: the solution defines ");
    complain(framework[i].name);
    complain(", which belongs to the test framework\n");
    leave(125);
  }
}

static void before_all(int argc, char **argv, char **environment) {
  (void)argc, (void)argv;
  channel = take_channel(environment);
  if (channel < 0) return; /* a child of Criterion's */
  kernel(SYS_fcntl, channel, F_SETFD, FD_CLOEXEC);
  /* Children have the same uid: keep them from our memory and descriptors in /proc. */
  kernel(SYS_prctl, PR_SET_DUMPABLE, 0, 0);
  read_greeting();
  drop_constructors();
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **, char **) = before_all;

/* ---- in the children (the linker wraps these calls, see the profile) ---- */

void __wrap_criterion_send_assert(struct criterion_assert_stats *stats) {
  fflush(NULL); /* what was printed before the assertion is to appear before it */
  __real_criterion_send_assert(stats);
}

static void send_pass(const char *message) {
  struct criterion_assert_stats stats = {.message = message, .passed = true, .file = ""};
  __wrap_criterion_send_assert(&stats);
}

void __wrap_cri_asserts_passed_incr(void) {
  __real_cri_asserts_passed_incr();
  send_pass("");
}

void __wrap_criterion_internal_test_main(void (*test)(void)) {
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* a crash or time-out must not lose what was printed */
  __real_criterion_internal_test_main(test);
  send_pass(returned_mark);
}

int main(int argc, char **argv) {
  if (channel < 0) fail_to_start("no reporter channel: this program is run by cloche");
  refuse_replacements();
  criterion_options.logger = &reporter;
  criterion_options.jobs = 1;
  criterion_options.executable_name = argc > 0 ? argv[0] : "tests";
  struct criterion_test_set *tests = criterion_initialize();
  int passed = criterion_run_all_tests(tests);
  criterion_finalize(tests);
  event("END", "");
  /* Destructors of the user's code have no business in this process. */
  leave(passed ? 0 : 1);
}
