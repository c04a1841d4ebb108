/* Runs before any user code in Criterion's parent: takes the channel and disables the user's
 * constructors. */
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "channel.h"

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static void nothing(void) {}

static void fail_to_start(const char* why) {
  complain("cloche: ");
  complain(why);
  complain("\n");
  leave(channel_failed);
}

static void read_greeting(void) {
  static const char expected[] = "cloche 2 ";
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

/* Removes CLOCHE_CHANNEL from the environment and returns the descriptor's number, or -1. */
static int take_channel(char** environment) {
  static const char name[] = "CLOCHE_CHANNEL=";
  int number = -1;
  char** kept = environment;
  for (char** at = environment; *at; ++at) {
    int i = 0;
    while (name[i] && (*at)[i] == name[i]) ++i;
    if (name[i]) {
      *kept++ = *at;
      continue;
    }
    number = 0;
    for (const char* digit = *at + i; *digit >= '0' && *digit <= '9'; ++digit)
      number = number * 10 + (*digit - '0');
  }
  *kept = NULL;
  return number;
}

static int writable(const void* from, size_t size) {
  ElfW(Addr) page = 4096, start = (ElfW(Addr))from & ~(page - 1);
  ElfW(Addr) end = ((ElfW(Addr))from + size + page - 1) & ~(page - 1);
  return kernel(SYS_mprotect, (long)start, (long)(end - start), PROT_READ | PROT_WRITE) == 0;
}

/* The parent needs none of the executable's constructors, and a user's constructor could call exit
 * or look for the channel. The children, which start the executable anew, run them all. */
static void drop_constructors(void) {
  ElfW(Addr) base = (ElfW(Addr))__ehdr_start;
  size_t entries = 0, preinit_size = 0;
  void (**preinit)(void) = NULL;
  while (_DYNAMIC[entries].d_tag != DT_NULL) ++entries;
  if (!writable(_DYNAMIC, entries * sizeof *_DYNAMIC))
    fail_to_start("cannot set constructors aside");
  for (ElfW(Dyn)* entry = _DYNAMIC; entry->d_tag != DT_NULL; ++entry) {
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

void __real_criterion_send_assert(struct criterion_assert_stats* stats);
void __real_criterion_internal_test_main(void (*test)(void));
void __real_cri_asserts_passed_incr(void);
/* Declared here because only their addresses are needed, and <criterion/new/assert.h>, which
 * declares them, takes long to compile. */
void cri_assert_node_send(void);
void cri_assert_node_init(void);
void cri_assert_node_add(void);

/* The linker prefers a function of the executable to one of the library, so a solution that defines
 * one of these could forge results. */
static void refuse_replacements(void) {
  static const struct {
    const char* name;
    const void* function;
  } framework[] = {
#define ENTRY(prefix, f) {#f, (const void*)prefix##f}
      ENTRY(__real_, criterion_send_assert),
      ENTRY(__real_, criterion_internal_test_main),
      ENTRY(, criterion_internal_test_setup),
      ENTRY(, criterion_internal_test_teardown),
      ENTRY(, criterion_abort_test),
      ENTRY(, criterion_continue_test),
      ENTRY(, criterion_test_die),
      ENTRY(, criterion_skip_test),
      ENTRY(, criterion_initialize),
      ENTRY(, criterion_run_all_tests),
      ENTRY(, criterion_finalize),
      ENTRY(__real_, cri_asserts_passed_incr),
      ENTRY(, cri_assert_node_send),
      ENTRY(, cri_assert_node_init),
      ENTRY(, cri_assert_node_add),
#undef ENTRY
  };
  for (size_t i = 0; i < sizeof framework / sizeof *framework; ++i) {
    const char* at = framework[i].function;
    if (at < __ehdr_start || at >= _end) continue;
    complain("cloche: the solution defines ");
    complain(framework[i].name);
    complain(", which belongs to the test framework\n");
    leave(125);
  }
}

static void before_all(int argc, char** argv, char** environment) {
  (void)argc, (void)argv;
  channel = take_channel(environment);
  if (channel < 0) return; /* a child of Criterion's */
  kernel(SYS_fcntl, channel, F_SETFD, FD_CLOEXEC);
  kernel(SYS_fcntl, channel + 1, F_SETFD, FD_CLOEXEC);
  /* Children have the same uid. This keeps them from this process's memory and descriptors in
   * /proc. */
  kernel(SYS_prctl, PR_SET_DUMPABLE, 0, 0);
  read_greeting();
  drop_constructors();
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char**,
                                                                            char**) = before_all;
