// The store's record of an image, which a lookup reads.
#include "image/store/record.h"

#include <filesystem>

#include "fuzz.h"
#include "image/store/staging.h"
#include "util/file.h"

using namespace cloche::image;
using cloche::ErrorKind;

namespace {

struct Place : fuzz::Directory {
  Place() { make_store(path); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Place store;
  static const std::string path = [] {
    ImageRecord record;
    record.image.name = "image";
    write_record(store.path, record);
    return std::filesystem::directory_iterator(store.path + "/images")->path().string();
  }();
  cloche::replace_file(path, fuzz::text_of(data, size));
  fuzz::accepts({ErrorKind::image_corrupt, ErrorKind::unsupported}, [] {
    ImageRecord record, again;
    fuzz::demand(read_record(store.path, "image", record), "the record is there");
    fuzz::demand(record.rootfs.size() == 64 && record.rootfs.find('/') == std::string::npos,
                 "the files lie in the store");
    write_record(store.path, record);
    fuzz::demand(read_record(store.path, "image", again) && again.blobs == record.blobs &&
                     again.image.config.env == record.image.config.env,
                 "what was read can be written and read again");
  });
  return 0;
}
