// Locks between processes, on files of a store.
//
// These are open-file-description locks: they last as long as the descriptor (and its copies) is
// open, so they end with their process, however it ends. Unlike with flock(2), the exclusive kind
// needs a descriptor that may write: who may only read a store cannot lock others out of it.
#pragma once

#include <string>

#include "util/fd.h"

namespace cloche::image {

enum class LockKind { shared, exclusive };

// False if another holds a lock that excludes this one. Throws Error by errno.
bool try_lock(int fd, LockKind kind);
// Waits until the lock can be had.
void wait_lock(int fd, LockKind kind);

// Whether anybody holds a lock; asks only, and needs no more than to read the file.
bool is_locked(int fd);

// Opens the lock file of the store at `path`, makes it if need be, and waits for it. Only its
// holder may change which records, root file systems and blobs the store has.
UniqueFd lock_store(const std::string& path);

}  // namespace cloche::image
