// Files for a snapshot to carry. Both return 0, or the number of the step that failed.
#pragma once

// Makes one of everything that a snapshot carries, and some that it does not.
int keep_files(void);
// Prints the parts of it that exist.
int show_files(void);
