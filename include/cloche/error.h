// Errors of the host: operations that cloche itself could not carry out.
//
// The actions of a sandboxed program are never an Error. They are fields of a result.
#pragma once

#include <stdexcept>
#include <string>

namespace cloche {

// Why an operation of the host failed. Each kind has one exit status of the command `cloche`
// (docs/exit-status.md), so that scripts can tell them apart.
enum class ErrorKind {
  usage,            // the caller asked for something that does not exist or makes no sense
  bad_data,         // a document does not parse or does not fit its schema (JSON, profile, recipe)
  no_input,         // a file named by the caller cannot be read
  image_missing,    // no image of that name is in the store
  image_corrupt,    // an image or layer is truncated, malformed or of an unknown type
  digest_mismatch,  // content does not have the digest or size it was announced with
  no_space,         // the disk (or quota) is full
  denied,           // the operating system refuses: permissions
  unsupported,      // this host lacks something, such as user namespaces
  busy,             // in use or locked; trying later may help
  taken,            // the thing to make exists already
  unreachable,      // a registry does not answer
  too_large,        // an image goes beyond a cap of its import
  system,           // any other failed system call
  internal,         // a defect of cloche
};

// An operation of the host failed. what() reads "TRIED: REASON (HINT)", always one
// line: control characters in it, which names from outside may hold, are shown as "?".
class Error : public std::runtime_error {
 public:
  // tried:  what was attempted and on what, without a full stop: "open /a/b"
  // errnum: the errno value, or 0 if no system call failed
  // hint:   what the caller can do about it; may be empty
  Error(ErrorKind kind, std::string tried, int errnum = 0, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& tried() const { return tried_; }
  int errnum() const { return errnum_; }
  const std::string& hint() const { return hint_; }

  // An Error whose kind follows from errno: ENOSPC and EDQUOT are no_space, EACCES and EPERM are
  // denied, everything else is system.
  static Error from_errno(std::string tried, int errnum, std::string hint = {});

 private:
  ErrorKind kind_;
  std::string tried_;
  int errnum_;
  std::string hint_;
};

}  // namespace cloche
