/* The reporter's side of cloche's channel (protocol 1), with system calls only: nothing here calls
 * libc, where user code could have put a function of the same name. A kata may well define its own
 * `remove`, `index` or `write`. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

enum { nonce_length = 32, line_limit = 1 << 20, text_limit = line_limit - 512 };

static int channel = -1;
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

static void complain(const char* text) {
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

static void put_text(const char* text) {
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
static int sequence_length(const unsigned char* s) {
  if (s[0] < 0x80) return 1;
  int length = s[0] >= 0xc2 && s[0] < 0xe0   ? 2
               : (s[0] & 0xf0) == 0xe0       ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;
  for (int i = 1; i < length; ++i)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
  if (s[0] == 0xed && s[1] > 0x9f) return 0;
  if (s[0] == 0xf0 && s[1] < 0x90) return 0;
  if (s[0] == 0xf4 && s[1] > 0x8f) return 0;
  return length;
}

static void put_json(const char* text) {
  static const char hex[] = "0123456789abcdef";
  const unsigned char* s = (const unsigned char*)text;
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

/* Sends the line and waits for the runner to have placed it. Without a runner there is no point in
 * going on. */
static void transmit(void) {
  put('\n');
  for (size_t sent = 0; sent < line.length;) {
    long written =
        kernel(SYS_write, channel + 1, (long)(line.bytes + sent), (long)(line.length - sent));
    if (written <= 0) leave(125);
    sent += (size_t)written;
  }
  char answer;
  if (kernel(SYS_read, channel, (long)&answer, 1) != 1) leave(125);
}

static void begin(const char* tag) {
  line.length = 0;
  put_text(nonce);
  put_text(" {\"tag\":\"");
  put_text(tag);
  put('"');
}

static void event(const char* tag, const char* text) {
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
