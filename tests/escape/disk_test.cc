// Bytes, inodes, file sizes and descriptors are limited, even when names are removed.
#include <signal.h>

#include "catch.h"
#include "fixture.h"

using cloche::Result;
using cloche::Sandbox;
using cloche::Spec;

namespace {

long number_after(const Result& result, const std::string& word) {
  const auto found = answers(result.out.bytes);
  const auto each = found.find(word);
  return each == found.end() ? -1 : std::stol(each->second);
}

Spec small_disks() {
  Spec spec = hostile_spec();
  spec.tmpfs = {{"/tmp", 8 << 20, 200}, {"/workspace", 4 << 20, 100}};
  spec.shm_bytes = 2 << 20;
  return spec;
}

}  // namespace

TEST_CASE("no more bytes are taken than a writable place has, whatever the names") {
  const std::map<std::string, long> places = {
      {"/tmp", 8 << 20}, {"/workspace", 4 << 20}, {"/dev/shm", 2 << 20}};
  for (const auto& [place, bytes] : places)
    for (const char* act : {"bytes", "deleted", "allocated"}) {
      INFO(act << " " << place);
      Sandbox sandbox(small_disks());
      const long taken = number_after(sandbox.exec(hostile({"disk", act, place})), "bytes");
      CHECK(taken > 0);
      CHECK(taken <= bytes);
      // The space of a deleted file is freed with its last descriptor, and only then.
      const long again = number_after(sandbox.exec(hostile({"disk", act, place})), "bytes");
      CHECK(taken + again <= 2 * bytes);
      if (std::string(act) != "deleted") CHECK(again <= bytes / 2);
    }
}

TEST_CASE("inodes of every kind are limited") {
  Sandbox sandbox(small_disks());
  const long made = number_after(sandbox.exec(hostile({"disk", "inodes", "/tmp"})), "inodes");
  CHECK(made > 100);
  CHECK(made <= 200);
  CHECK(number_after(sandbox.exec(hostile({"disk", "inodes", "/workspace"})), "inodes") <= 100);
  CHECK(number_after(sandbox.exec(hostile({"disk", "inodes", "/dev/shm"})), "inodes") <= 1024);
}

TEST_CASE("there is no other place for a file") {
  const Result result = attack({"disk", "places"}, small_disks());
  CHECK(result.out.bytes ==
        "writable /dev/shm 2097152\nwritable /tmp 8388608\nwritable /workspace 4194304\n");
}

TEST_CASE("a file larger than its limit is refused by every call") {
  Spec spec = hostile_spec();
  spec.limits.file_bytes = 3 << 20;
  const Result ended = attack({"disk", "large", "/tmp/large", "default"}, spec);
  CHECK(ended.signal == SIGXFSZ);
  const Result ignored = attack({"disk", "large", "/tmp/large", "ignored"}, spec);
  const auto found = answers(ignored.out.bytes);
  for (const char* act : {"truncate", "write-far", "allocate"}) CHECK(found.at(act) == "EFBIG");
  CHECK(number_after(ignored, "bytes") <= 3 << 20);
}

TEST_CASE("descriptors are limited") {
  Spec spec = hostile_spec();
  spec.limits.open_files = 50;
  CHECK(number_after(attack({"disk", "descriptors"}, spec), "descriptors") == 47);
}
