/* Linked with the program: what it prints arrives line by line, although standard output is a pipe,
 * and no line is lost when a time limit ends the program. Reading standard input pushes out a prompt
 * without a line end, as on a terminal. */

/* What <stdio.h> says, without the time that reading it takes. */
struct _IO_FILE;
extern struct _IO_FILE *stdin, *stdout;
int setvbuf(struct _IO_FILE* stream, char* buffer, int mode, unsigned long size);

__attribute__((constructor)) static void write_line_by_line(void) {
  enum { by_line = 1 }; /* _IOLBF */
  setvbuf(stdout, 0, by_line, 1ul << 16);
  setvbuf(stdin, 0, by_line, 1ul << 16);
}
