// Locks between processes, on files of a store.
//
// These are open-file-description locks. They last as long as the descriptor or a copy of it is
// open, so they end with their process, however it ends. In contrast to flock(2), an exclusive lock
// needs a descriptor that may write: a user who may only read a store cannot lock others out of it.
#pragma once

#include <string>

#include "util/fd.h"

namespace cloche::image {

enum class LockKind { shared, exclusive };

// False if another holds a lock that excludes this one. Throws Error by errno.
bool try_lock(int fd, LockKind kind);
// Waits until the lock is free, and takes it.
void wait_lock(int fd, LockKind kind);

// Whether another process holds a lock. Only asks, and needs only the right to read the file.
bool is_locked(int fd);

// Opens the lock file of the store at `path`, makes it if it is missing, and waits for the lock.
// Only its holder may change the set of records, root file systems and blobs of the store.
UniqueFd lock_store(const std::string& path);

}  // namespace cloche::image
