// Makes single system calls and prints the kernel's answers: "NAME EPERM", "NAME ok", or
// "NAME SIGSYS" if the call ended the process. Runs in an otherwise empty root file system.
//
//   syscalls WAY NAME NUMBER,ARG,... [NAME NUMBER,ARG,...]
//
// WAY is native, or i386 or x32 on x86-64. An argument "@TEXT" is the address of TEXT.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static long through_i386(const long* words) {
#if defined(__x86_64__)
  long result;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(words[0]), "b"(words[1]), "c"(words[2]), "d"(words[3]), "S"(words[4]),
                 "D"(words[5])
               : "memory", "r8", "r9", "r10", "r11");
  if (result < 0) errno = (int)-result;
  return result < 0 ? -1 : result;
#else
  return words[0];
#endif
}

static long call(const char* way, const long* words) {
  if (!strcmp(way, "i386")) return through_i386(words);
  const long bit = !strcmp(way, "x32") ? 0x40000000 : 0;
  return syscall(words[0] | bit, words[1], words[2], words[3], words[4], words[5], words[6]);
}

// Makes a call in a process of its own, whose exit status is the errno, or 0.
static void try_call(const char* way, const char* name, char* text) {
  long words[7] = {0};
  int count = 0;
  for (char* word = strtok(text, ","); word && count < 7; word = strtok(NULL, ","))
    words[count++] = word[0] == '@' ? (long)(word + 1) : (long)strtoul(word, NULL, 0);
  fflush(stdout);
  const pid_t parent = getpid(), child = fork();
  if (child < 0) {
    perror("fork");
    exit(3);
  }
  if (child == 0) {
    const long result = call(way, words);
    // A call that made a process must not leave it running.
    if (getppid() != parent) _exit(0);
    _exit(result < 0 ? errno : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const char* said = "ok";
  if (WIFSIGNALED(status))
    said = sigabbrev_np(WTERMSIG(status));
  else if (WEXITSTATUS(status) != 0)
    said = strerrorname_np(WEXITSTATUS(status));
  printf("%s %s%s\n", name, WIFSIGNALED(status) ? "SIG" : "", said ? said : "?");
}

int main(int argc, char** argv) {
  for (int i = 2; i + 1 < argc; i += 2) try_call(argv[1], argv[i], argv[i + 1]);
  return 0;
}
