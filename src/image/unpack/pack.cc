#include "image/unpack/pack.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>

#include "image/unpack/report.h"
#include "util/file.h"

namespace cloche::unpack {

namespace {

struct Sink {
  int fd;
  Sha256 hash;
  std::uint64_t size = 0;
};

la_ssize_t write_sink(archive* handle, void* data, const void* bytes, size_t count) {
  Sink& sink = *static_cast<Sink*>(data);
  try {
    write_all(sink.fd, {static_cast<const char*>(bytes), count}, "the layer");
    sink.hash.add(bytes, count);
    sink.size += count;
  } catch (const std::exception& failure) {
    archive_set_error(handle, errno, "%s", failure.what());
    return -1;
  }
  return static_cast<la_ssize_t>(count);
}

struct WriteFree {
  void operator()(archive* handle) const { archive_write_free(handle); }
};

void check(archive* handle, int status) {
  if (status == ARCHIVE_OK) return;
  const char* reason = archive_error_string(handle);
  const int errnum = archive_errno(handle);
  throw Failure(errnum == ENOSPC || errnum == EDQUOT ? "no_space" : "system",
                "compress the layer: " + shown(reason == nullptr ? "" : reason));
}

}  // namespace

void pack(int source, int target, const Expected& expected) {
  Expected plain = expected;
  plain.compression = "none";
  plain.copy_to = -1;
  Blob tar(source, plain);
  Sink sink{target, Sha256(), 0};
  const std::unique_ptr<archive, WriteFree> owner(archive_write_new());
  archive* handle = owner.get();
  if (handle == nullptr) throw Failure("system", "start libarchive");
  // The raw format passes one member through as it is: the tar.
  check(handle, archive_write_set_format_raw(handle));
  check(handle, archive_write_add_filter_zstd(handle));
  check(handle, archive_write_set_filter_option(handle, "zstd", "compression-level", "6"));
  check(handle, archive_write_set_bytes_in_last_block(handle, 1));
  check(handle, archive_write_open(handle, &sink, nullptr, write_sink, nullptr));
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "layer");
  archive_entry_set_filetype(entry, AE_IFREG);
  const int started = archive_write_header(handle, entry);
  archive_entry_free(entry);
  check(handle, started);
  const void* bytes = nullptr;
  while (const std::size_t count = tar.next(&bytes))
    if (archive_write_data(handle, bytes, count) < 0) check(handle, ARCHIVE_FATAL);
  check(handle, archive_write_close(handle));
  tar.finish();
  report("digest", sink.hash.digest());
  report("size", sink.size);
  report("diff_id", tar.diff_id());
}

}  // namespace cloche::unpack
