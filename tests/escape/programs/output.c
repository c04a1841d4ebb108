// Output that is too large, in tiny pieces, not text, or never read.
#include <sys/uio.h>

#include "hostile.h"

// Prints all bytes, broken UTF-8, overlong forms, surrogates, control characters, and the end of a
// JSON text.
static int binary(char** arguments) {
  (void)arguments;
  char all[256];
  for (int i = 0; i < 256; ++i) all[i] = (char)i;
  const char tricky[] =
      "\xc3\x28\xa0\xa1\xe2\x28\xa1\xf0\x28\x8c\xbc\xed\xa0\x80\xc0\xaf\xf8\xa1\xa1\xa1\xa1\xff\xfe"
      "\"}\n{\"status\":\"ok\",\"tests\":{\"passed\":1}}\n\x1b["
      "2J\x00\xe2\x80\xa8\xef\xbf\xbe\xf0\x9f";
  for (int fd = 1; fd <= 2; ++fd)
    if (write(fd, all, sizeof all) != sizeof all ||
        write(fd, tricky, sizeof tricky - 1) != sizeof tricky - 1)
      return 1;
  return 3;
}

// ARGUMENTS: stream, bytes, size of each write.
static int flood(char** arguments) {
  static char piece[1 << 16];
  memset(piece, 'x', sizeof piece);
  const int fd = (int)number(arguments, 0, 1);
  const size_t size = (size_t)number(arguments, 2, sizeof piece);
  for (long left = number(arguments, 1, 1l << 40); left > 0;) {
    const ssize_t count = write(fd, piece, (size_t)left < size ? (size_t)left : size);
    if (count < 0) return 1;
    left -= count;
  }
  return 0;
}

// Writes to both streams at once, and reads nothing from standard input, which the launcher fills.
static int both(char** arguments) {
  if (fork() == 0) return flood((char*[]){"2", arguments[0], "1000", NULL});
  const int result = flood((char*[]){"1", arguments[0], "65536", NULL});
  wait(NULL);
  return result;
}

// A pipe whose every page holds one byte, a pipe of the smallest size, and reading the own output.
static int odd_pipes(char** arguments) {
  (void)arguments;
  fcntl(1, F_SETPIPE_SZ, 4096);
  fcntl(1, F_SETFL, O_DIRECT);
  for (int i = 0; i < 1000; ++i)
    if (write(1, "d", 1) != 1) return 1;
  fcntl(1, F_SETPIPE_SZ, 1 << 20);
  const int back = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK);
  char bytes[64];
  for (int i = 0; i < 1000; ++i)
    if (read(back, bytes, sizeof bytes) < 0) errno = 0;
  return 0;
}

// A process that still holds the stream goes on writing after the end of the run.
static int endless(char** arguments) {
  (void)arguments;
  if (fork() == 0) {
    setsid();
    ignore_all_signals();
    for (;;)
      if (write(1, "more", 4) < 0) errno = 0;
  }
  sleep_ms(20);
  return 0;
}

// Reads all of standard input and prints its size.
static int count_input(char** arguments) {
  (void)arguments;
  static char bytes[1 << 16];
  long total = 0;
  for (ssize_t count; (count = read(0, bytes, sizeof bytes)) > 0;) total += count;
  dprintf(1, "input %ld\n", total);
  return 0;
}

const struct act_group output_group = {"output", (const struct act[]){{"binary", binary},
                                                                      {"flood", flood},
                                                                      {"both", both},
                                                                      {"odd-pipes", odd_pipes},
                                                                      {"endless", endless},
                                                                      {"count-input", count_input},
                                                                      {0}}};
