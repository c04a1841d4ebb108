// Files for a snapshot to carry. Both return 0, or the number of the step that failed.
#pragma once

// Makes one of everything that a snapshot carries, and some that it does not.
int keep_files(void);
// Prints what is there of it.
int show_files(void);
