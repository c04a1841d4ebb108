// Files for a snapshot. Both functions return 0, or the number of the step that failed.
#pragma once

// Makes one of everything that a snapshot saves, and some things that it does not.
int keep_files(void);
// Prints which of them exist.
int show_files(void);
