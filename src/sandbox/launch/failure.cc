#include "sandbox/launch/failure.h"

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>

#include "cloche/error.h"
#include "cloche/sandbox.h"

namespace cloche {

namespace {

using protocol::InitStep;

// The failures of a step that mean more than their errno says.
enum class Meaning {
  errnum,     // none
  mounting,   // EPERM, EACCES: the host forbids it
  overlay,    // the same, and also a kernel without such overlays
  proc,       // any: the host forbids it
  host_path,  // ENOENT, ENOTDIR: the caller named a path that is not there
  place,      // mounting; and ENOENT and other errors: the rootfs lacks the mount point
  work_dir,   // WorkDirError
  saving,     // EFBIG, ENAMETOOLONG, EOPNOTSUPP
};

struct StepText {
  InitStep step;
  const char* sentence;
  Meaning meaning = Meaning::errnum;
};

// In the order of InitStep. The detail follows the sentence after a blank.
constexpr StepText kSteps[] = {
    {InitStep::understand_launcher, "understand the launcher"},
    {InitStep::open_host_path, "open", Meaning::host_path},
    {InitStep::open_rootfs, "open the root file system", Meaning::host_path},
    {InitStep::count_binds, "mount so many binds"},
    {InitStep::read_seccomp, "read the seccomp program"},
    {InitStep::open_own_file, "open", Meaning::host_path},
    {InitStep::write_own_file, "write"},
    {InitStep::drop_groups, "drop supplementary groups"},
    {InitStep::keep_capabilities, "keep capabilities"},
    {InitStep::become_user, "become the sandbox's own user"},
    {InitStep::become_undumpable, "become undumpable"},
    {InitStep::make_tmpfs, "make a tmpfs"},
    {InitStep::set_mount_option, "set the mount option", Meaning::mounting},
    {InitStep::count_tmpfs, "mount so many memory file systems"},
    {InitStep::make_proc, "make a proc"},
    {InitStep::restrict_proc, "restrict proc to processes"},
    {InitStep::mount_proc,
     "mount proc; this launcher's own /proc may be covered in part, as in a container",
     Meaning::proc},
    {InitStep::mount_rootfs, "mount the root file system", Meaning::mounting},
    {InitStep::overlay_rootfs, "put an overlay over the root file system"},
    {InitStep::make_layer, "make a layer over the root file system"},
    {InitStep::overlay_writable, "put a writable overlay over the root file system",
     Meaning::overlay},
    {InitStep::enter_rootfs, "enter the root file system"},
    {InitStep::pivot_root, "pivot to the root file system"},
    {InitStep::leave_host, "leave the host's file systems"},
    {InitStep::enter_root, "enter /"},
    {InitStep::open_root, "open /"},
    {InitStep::find_mount_point, "find the mount point", Meaning::place},
    {InitStep::mount_at, "mount", Meaning::mounting},
    {InitStep::make_device, "make the device"},
    {InitStep::mount_device, "mount the device", Meaning::mounting},
    {InitStep::fill_dev, "fill /dev"},
    {InitStep::close_dev, "make /dev read-only"},
    {InitStep::open_dev, "open /dev", Meaning::host_path},
    {InitStep::set_hostname, "set the host name"},
    {InitStep::start_loopback, "bring loopback up"},
    {InitStep::make_landlock_rules, "make Landlock rules"},
    {InitStep::add_landlock_rule, "add a Landlock rule"},
    {InitStep::drop_bounding_set, "drop a capability from the bounding set"},
    {InitStep::clear_ambient_set, "clear the ambient capabilities"},
    {InitStep::lock_secure_bits, "lock the secure bits"},
    {InitStep::drop_capabilities, "give up capabilities"},
    {InitStep::set_no_new_privs, "set no_new_privs"},
    {InitStep::watch_children, "watch for ended processes"},
    {InitStep::hide_path, "prepare the only execution"},
    {InitStep::start_process, "start a process"},
    {InitStep::begin_session, "begin a session"},
    {InitStep::hide_groups, "hide the control groups"},
    {InitStep::become_program_user, "become the program's user"},
    {InitStep::enter_work_dir, "enter the work directory", Meaning::work_dir},
    {InitStep::set_limits, "set the limits"},
    {InitStep::obey_landlock_rules, "obey the Landlock rules"},
    {InitStep::filter_calls, "filter system calls"},
    {InitStep::arrange_descriptors, "arrange the descriptors"},
    {InitStep::make_parents, "make the directory of"},
    {InitStep::replace_file, "replace"},
    {InitStep::create_file, "create"},
    {InitStep::write_file, "write"},
    {InitStep::open_file, "open"},
    {InitStep::check_regular, "read a file that is not a regular one:"},
    {InitStep::read_file, "read"},
    {InitStep::save_writable, "save the files of a writable root file system", Meaning::saving},
    {InitStep::save_files, "save the files of the memory file systems", Meaning::saving},
    {InitStep::load_files, "load files into the memory file systems"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kSteps); ++i)
    if (static_cast<std::size_t>(kSteps[i].step) != i) return false;
  return std::size(kSteps) == protocol::kInitSteps;
}
static_assert(in_order(), "each InitStep has one sentence, in the order of the enum");

Error explained(const StepText& step, const std::string& tried, int errnum) {
  const bool refused = errnum == EPERM || errnum == EACCES;
  const bool absent = errnum == ENOENT || errnum == ENOTDIR;
  const Error unsupported(ErrorKind::unsupported, tried, errnum,
                          "cloche doctor names the obstacle");
  switch (step.meaning) {
    case Meaning::errnum:
    case Meaning::work_dir:
      break;
    case Meaning::mounting:
      if (refused) return unsupported;
      break;
    case Meaning::overlay:
      // ENODEV: the kernel has no overlayfs. EINVAL: none for user namespaces or for these files.
      if (refused || errnum == ENODEV || errnum == EINVAL) return unsupported;
      break;
    case Meaning::proc:
      return unsupported;
    case Meaning::host_path:
      if (absent) return Error(ErrorKind::no_input, tried, errnum);
      break;
    case Meaning::place:
      if (refused) return unsupported;
      return Error(ErrorKind::no_input, tried, errnum,
                   "the root file system must contain it, and not as a symbolic link");
    case Meaning::saving:
      if (errnum == EFBIG) return Error(ErrorKind::too_large, tried, errnum);
      if (errnum == ENAMETOOLONG || errnum == EOPNOTSUPP)
        return Error(ErrorKind::unsupported, tried, errnum);
      break;
  }
  return Error::from_errno(tried, errnum);
}

}  // namespace

void throw_failure(const protocol::Failed& failed) {
  const auto index = static_cast<std::size_t>(failed.step);
  if (index >= std::size(kSteps))
    throw Error(ErrorKind::internal, "talk to the sandbox: an unknown failure", failed.errnum);
  const StepText& step = kSteps[index];
  std::string tried = step.sentence;
  const std::string detail(failed.detail, ::strnlen(failed.detail, sizeof failed.detail));
  if (!detail.empty()) tried += " " + detail;
  const Error error = explained(step, tried, failed.errnum);
  if (step.meaning == Meaning::work_dir) throw WorkDirError(error);
  throw error;
}

}  // namespace cloche
