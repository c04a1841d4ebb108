// Writes the entries of a tar below a directory, safely for any names.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "image/unpack/blob.h"
#include "image/unpack/file_list.h"
#include "image/unpack/own.h"
#include "util/fd.h"

namespace cloche::unpack {

struct ExtractCaps {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  std::size_t path = 4096;  // bytes of one path
  std::size_t depth = 256;  // components of one path
};

// Counts of written and of omitted things.
struct ExtractCounts {
  std::uint64_t entries = 0;  // including directories without an entry of their own
  std::uint64_t bytes = 0;
  std::uint64_t whiteouts = 0;
  std::uint64_t devices = 0;  // device nodes, FIFOs and sockets
  std::uint64_t set_ids = 0;
  std::uint64_t xattrs = 0;
};

enum class TarKind {
  layer,    // `.wh.` names remove entries
  archive,  // holds an image. If it turns out to be a root file system instead, only the top of it
            // is written: enough to know it by (marks.h)
  files     // neither
};

class Extractor {
 public:
  // target: an open directory. list: the list of files that may be shared (file_list.h), or -1.
  Extractor(int target, const ExtractCaps& caps, TarKind kind, int list);
  // Reads the tar to its end mark. An archive that turns out to hold an image needs no copy.
  void extract(Blob& blob);
  const ExtractCounts& counts() const { return counts_; }

 private:
  struct EntryPlace {
    int directory;     // the open directory that the entry goes into
    ino_t inode;       // of that directory
    std::string name;  // within it; empty: the target itself
  };

  void count_entry();
  void write_entry(archive* handle, archive_entry* entry);
  EntryPlace place_of(const std::vector<std::string>& parts, const std::string& path, bool create);
  UniqueFd open_parent(const std::vector<std::string>& parts, const std::string& path, bool create);
  void whiteout(const EntryPlace& place);
  void make_directory(const EntryPlace& place, archive_entry* entry, const std::string& path);
  void make_file(const EntryPlace& place, archive* handle, archive_entry* entry,
                 const std::string& path);
  void make_symlink(const EntryPlace& place, archive_entry* entry, const std::string& path);
  void make_hardlink(const EntryPlace& place, const std::string& target, const std::string& path);
  mode_t take_mode(archive_entry* entry);
  // Whether the file now has extended attributes.
  bool take_attributes(int fd, archive_entry* entry);
  void clear(const EntryPlace& place);
  std::vector<std::string> parts_of(const std::string& path) const;
  void set_directory_times();
  void end();

  int target_;
  ExtractCaps caps_;
  TarKind kind_;
  bool image_seen_ = false;
  FileListWriter list_;
  const Blob* blob_ = nullptr;  // the blob that is being extracted
  bool ended_ = false;          // within the block of the last file
  ExtractCounts counts_;
  // Entries mostly come directory by directory, so the last parent stays open.
  std::string parent_path_;
  UniqueFd parent_;
  ino_t parent_inode_ = 0;
  OwnEntries own_;
  struct DirectoryTime {
    std::string path;
    timespec time;
  };
  std::vector<DirectoryTime> times_;
};

}  // namespace cloche::unpack
