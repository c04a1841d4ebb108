// Input that `cloche image` refuses with one line and a status, without a change of the store.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "catch.h"
#include "image_place.h"

namespace fs = std::filesystem;
using cloche::image::test::difference;
using cloche::image::test::Snapshot;

namespace {

void flip(const fs::path& path) {
  std::string bytes = read_bytes(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_bytes(path, bytes);
}

void replace(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read_bytes(path);
  REQUIRE(text.find(from) != std::string::npos);
  text.replace(text.find(from), from.size(), to);
  write_bytes(path, text);
}

struct Bad {
  const char* name;
  std::function<std::vector<std::string>(ImagePlace&)> arguments;
  int status;
  const char* says;
};

std::vector<std::string> import_layout(ImagePlace& place) {
  return {"import", place.at("layout"), "--name", "new"};
}

const std::vector<Bad>& bad_inputs() {
  static const std::vector<Bad> list = {
      {"a truncated layer",
       [](ImagePlace& place) {
         fs::resize_file(place.layer, fs::file_size(place.layer) / 2);
         return import_layout(place);
       },
       72, "bytes"},
      {"a corrupted layer",
       [](ImagePlace& place) {
         flip(place.layer);
         return import_layout(place);
       },
       72, "digest"},
      {"a corrupted configuration",
       [](ImagePlace& place) {
         flip(place.config);
         return import_layout(place);
       },
       72, "digest"},
      {"a missing blob",
       [](ImagePlace& place) {
         fs::remove(place.layer);
         return import_layout(place);
       },
       68, "missing"},
      {"a missing manifest",
       [](ImagePlace& place) {
         fs::remove(place.manifest);
         return import_layout(place);
       },
       68, "missing"},
      {"a missing mark",
       [](ImagePlace& place) {
         fs::remove(place.at("layout/oci-layout"));
         return import_layout(place);
       },
       68, "oci-layout"},
      {"an unsupported media type",
       [](ImagePlace& place) {
         replace(place.at("layout/index.json"), "image.manifest.v1", "image.riddle.v1");
         return import_layout(place);
       },
       68, "media type"},
      {"a truncated tar",
       [](ImagePlace& place) {
         fs::resize_file(place.at("x.tar"), 60'000);
         return std::vector<std::string>{"import", place.at("x.tar"), "--name", "new"};
       },
       68, "x.tar"},
      {"no archive",
       [](ImagePlace& place) {
         write_bytes(place.at("text"), "this is no archive");
         return std::vector<std::string>{"import", place.at("text"), "--name", "new"};
       },
       68, "text"},
      {"neither an image nor a root file system",
       [](ImagePlace& place) {
         fs::create_directory(place.at("other"));
         write_bytes(place.at("other/file"), "x");
         return std::vector<std::string>{"import", place.at("other"), "--name", "new"};
       },
       68, "no image, and no root file system"},
      {"both",
       [](ImagePlace& place) {
         write_bytes(place.at("root/manifest.json"), "[]");
         return std::vector<std::string>{"import", place.at("root"), "--name", "new"};
       },
       64, "--type"},
      {"a name that is taken",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name", "image"};
       },
       74, "--replace"},
      {"a name that cannot be",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name", "../x"};
       },
       64, "names are like"},
      {"a source that is not there",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("nothing"), "--name", "new"};
       },
       66, "No such file"},
      {"a tag that is not there",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--reference",      "other"};
       },
       64, "tag"},
      {"too many bytes",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-bytes",      "50K"};
       },
       78, "--max-bytes"},
      {"too many entries",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-entries",    "2"};
       },
       78, "--max-entries"},
      {"too deep",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-depth",      "2"};
       },
       78, "--max-depth"},
      {"too long a path",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-path",       "4"};
       },
       78, "--max-path"},
      {"no time",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-time",       "0"};
       },
       78, "--max-time"},
      {"a registry that is not there",
       [](ImagePlace&) {
         return std::vector<std::string>{"pull", "docker://127.0.0.1:1/x:1", "--name", "new"};
       },
       76, "connection refused"},
      {"a reference that is none",
       [](ImagePlace&) {
         return std::vector<std::string>{"pull", "python", "--name", "new"};
       },
       64, "docker://"},
      {"a progress that is none",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--progress",       "fancy"};
       },
       64, "json"},
      {"a cap of a negative number, --max-entries",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-entries",    "-2"};
       },
       64, "cannot take \"-2\" for --max-entries"},
      {"a cap of a negative number, --max-path",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-path",       "-2"};
       },
       64, "cannot take \"-2\" for --max-path"},
      {"a cap of a negative number, --max-depth",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-depth",      "-2"};
       },
       64, "cannot take \"-2\" for --max-depth"},
      {"a longer time than there is",
       [](ImagePlace& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-time",       "25h"};
       },
       64, "at most 24h"},
      {"an index of nothing",
       [](ImagePlace& place) {
         write_bytes(place.at("layout/index.json"), R"({"schemaVersion":2,"manifests":[]})");
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--reference",      "tag"};
       },
       64, "it lists no image"},
      {"a reference without a transport",
       [](ImagePlace&) {
         return std::vector<std::string>{"pull", "alpine"};
       },
       64, "a reference has a transport, such as docker://alpine"},
      {"a reference that looks as if it had one",
       [](ImagePlace&) {
         return std::vector<std::string>{"pull", "python:3.12"};
       },
       64, "a reference has a transport, such as docker://python:3.12"},
      {"the same with a name",
       [](ImagePlace&) {
         return std::vector<std::string>{"pull", "python:3.12", "--name", "new"};
       },
       64, "a reference has a transport, such as docker://python:3.12"},
      {"a layout that does not have it",
       [](ImagePlace& place) {
         return std::vector<std::string>{"pull", "oci:" + place.at("layout") + ":nope", "--name",
                                         "new"};
       },
       67, "no descriptor found"},
      {"a tag that none can have",
       [](ImagePlace& place) {
         return std::vector<std::string>{"export", "image", place.at("out"), "--reference",
                                         "bad ref!"};
       },
       64, "as a tag"},
      {"a compressed tar",
       [](ImagePlace& place) {
         return std::vector<std::string>{"export", "image", place.at("out.tgz")};
       },
       64, "not compressed"},
      {"an age without a unit",
       [](ImagePlace&) {
         return std::vector<std::string>{"prune", "--older-than", "5"};
       },
       64, "30d"},
      {"an export of nothing",
       [](ImagePlace& place) {
         return std::vector<std::string>{"export", "missing", place.at("out")};
       },
       67, "missing"},
      {"an export to what is there",
       [](ImagePlace& place) {
         return std::vector<std::string>{"export", "image", place.at("root")};
       },
       74, "exists"},
      {"an export to nowhere",
       [](ImagePlace& place) {
         return std::vector<std::string>{"export", "image", place.at("no/such/place")};
       },
       71, "No such file"},
      {"an age that is none",
       [](ImagePlace&) {
         return std::vector<std::string>{"prune", "--older-than", "soon"};
       },
       64, "30d"},
  };
  return list;
}

}  // namespace

TEST_CASE("bad input gives one line, its status, and leaves the store as it was") {
  for (const Bad& bad : bad_inputs()) {
    ImagePlace place;
    const std::vector<std::string> arguments = bad.arguments(place);
    const Snapshot before = place.store();
    std::vector<std::string> quiet = arguments;
    if (quiet[0] != "prune" && std::count(quiet.begin(), quiet.end(), "--progress") == 0)
      quiet.insert(quiet.end(), {"--progress", "none"});
    const Ended ended = place.image(quiet);
    INFO(bad.name << ": " << ended.err);
    CHECK(ended.status == bad.status);
    CHECK(ended.out.empty());
    CHECK(ended.err.rfind("cloche: cannot ", 0) == 0);
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
    CHECK_THAT(ended.err, ContainsSubstring(bad.says));
    CHECK(difference(before, place.store()) == "");
  }
}

TEST_CASE("a store that may not be written says so") {
  if (::geteuid() == 0) return;  // root may
  ImagePlace place;
  ::chmod(place.at("store/tmp").c_str(), 0500);
  const Ended ended = place.image({"import", place.at("layout"), "--name", "new"});
  ::chmod(place.at("store/tmp").c_str(), 0700);
  CHECK(ended.status == 77);
}
