// The child that becomes the program, between clone and exec. It shares init's memory: nothing here
// allocates. Functions that return false leave the reason in errno.
#pragma once

#include "sandbox/init/denials.h"
#include "sandbox/init/wire.h"
#include "sandbox/init/world.h"

namespace cloche::init {

// The arguments of start_program(), and its answer.
struct ProgramStart {
  const World* world;
  const protocol::Exec* exec;
  const Message* message;
  Denials* denials;
  char* const* argv;
  char* const* environment;
  const char* search_path;
  const char* empty_path;  // "" at a place nobody can guess, if World::exec_by_descriptor
  InitStep step;           // the step that is being done; valid while `preparing`
  bool preparing;          // false once only the execution itself is left
  int failed;              // errno, if exec did not succeed
};
int start_program(void* start);

// ids.cc: the program's own user, and no capability at all.
bool become_program(const World& world);

// landlock.cc
bool obey_landlock_rules(int rules);

// denials.cc: further filters.
// Lets execveat(2) pass only with this very pointer as its path. No filter sees the bytes that a
// pointer points to, so a program that wants to repeat the call would have to guess the address.
bool permit_execution_of(const char* path);
// Closes memfd_create(2): its files lie on no file system that could be measured.
bool refuse_memory_files();

}  // namespace cloche::init
