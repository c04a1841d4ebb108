/* The reporter channel, protocol 2 (docs/adapters.md), with system calls only: nothing here calls
 * libc, because user code may define a function of the same name. Real solutions define `remove`,
 * `index` or `write`. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

enum { nonce_length = 32, channel_failed = 70 };

static int channel = -1; /* answers; events are written to the next descriptor */
static char nonce[nonce_length + 1];

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

static size_t length_of(const char* text) {
  size_t length = 0;
  while (text[length]) ++length;
  return length;
}

static void complain(const char* text) {
  kernel(SYS_write, 2, (long)text, (long)length_of(text));
}

/* ---- a text in a buffer ---- */

struct text {
  char bytes[512];
  size_t length;
};

static void put(struct text* to, const char* text) {
  for (; *text && to->length + 1 < sizeof to->bytes; ++text) to->bytes[to->length++] = *text;
  to->bytes[to->length] = 0;
}

static void put_number(struct text* to, uint64_t value, int digits) {
  char text[24];
  int at = sizeof text - 1;
  text[at] = 0;
  do {
    text[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value || (int)sizeof text - 1 - at < digits);
  put(to, text + at);
}

/* ---- events ---- */

static void send_bytes(const char* bytes, size_t length) {
  while (length > 0) {
    long written = kernel(SYS_write, channel + 1, (long)bytes, (long)length);
    if (written == -EINTR) continue;
    if (written <= 0) leave(channel_failed);
    bytes += written;
    length -= (size_t)written;
  }
}

/* Sends one event and waits for the runner to have placed it. Without a runner the process
 * ends. Criterion's parent has one thread that reports, so no lock is needed. */
static void timed_event(const char* tag, const char* text, const char* milliseconds) {
  struct text event = {.length = 0};
  size_t length = length_of(text), room;
  put(&event, nonce);
  put(&event, " ");
  put(&event, tag);
  put(&event, " 1 ");
  put_number(&event, length, 1);
  put(&event, " 0 0 ");
  put_number(&event, length_of(milliseconds), 1);
  put(&event, "\n");
  room = sizeof event.bytes - event.length - 64;
  if (length <= room) put(&event, text), text = "", length = 0; /* all in one write */
  if (length == 0) put(&event, milliseconds), milliseconds = "";
  send_bytes(event.bytes, event.length);
  send_bytes(text, length);
  send_bytes(milliseconds, length_of(milliseconds));
  char answer;
  long count = -EINTR;
  while (count == -EINTR) count = kernel(SYS_read, channel, (long)&answer, 1);
  if (count != 1) leave(channel_failed);
}

static void event(const char* tag, const char* text) {
  timed_event(tag, text ? text : "", "");
}

static void completed(float seconds) {
  uint64_t nanoseconds = seconds > 0 ? (uint64_t)((double)seconds * 1e9) : 0;
  struct text milliseconds = {.length = 0};
  put_number(&milliseconds, nanoseconds / 1000000, 1);
  put(&milliseconds, ".");
  put_number(&milliseconds, nanoseconds % 1000000, 6);
  timed_event("COMPLETEDIN", milliseconds.bytes, milliseconds.bytes);
}
