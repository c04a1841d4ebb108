// The launcher's requests, one function each. Each sends its own reply.
#pragma once

#include <cstdint>

#include "sandbox/init/wire.h"
#include "sandbox/init/world.h"

namespace cloche::init {

// exec.cc: runs a program to its end.
void execute(const World& world, Message& message);

// files.cc
void put(const World& world, Message& message);  // see incoming.h for one while a program runs
void get(const World& world, const Message& message);
// A path of the message, relative to the root.
char* path_in(const Message& message, protocol::Text text);
// Copies until the end or until `room` bytes were copied. False: errno says why it failed.
bool copy_bytes(int from, int to, std::uint64_t room);

// snapshot.cc
void save(const World& world, const Message& message);
void load(const World& world, const Message& message);

// guard.cc: the work of this program when it is started with the name of a control group.
void guard_groups(const char* name);

}  // namespace cloche::init
