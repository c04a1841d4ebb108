// `cloche image`, as its users call it: what it prints, its statuses, and what it leaves alone.

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../image/snapshot.h"
#include "catch.h"
#include "program.h"

namespace fs = std::filesystem;
using Json = nlohmann::json;
using cloche::image::test::contents;
using cloche::image::test::difference;
using cloche::image::test::Snapshot;

namespace {

std::string read(const fs::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A directory with a store, a root file system, and an OCI layout of it.
class Place {
 public:
  Place() {
    char path[] = "/tmp/cloche-cli-image-XXXXXX";
    REQUIRE(::mkdtemp(path) != nullptr);
    top_ = path;
    fs::create_directories(top_ / "root/usr/bin");
    write(top_ / "root/usr/bin/tool", std::string(100'000, 't'));
    REQUIRE(image({"import", at("root"), "--name", "image"}).status == 0);
    REQUIRE(image({"export", "image", at("layout"), "--reference", "tag"}).status == 0);
    REQUIRE(image({"export", "image", at("x.tar"), "--reference", "tag"}).status == 0);
    // What is in the store already is not unpacked again: the layout is to be another image.
    write(top_ / "root/usr/bin/tool", std::string(100'000, 'o'));
    REQUIRE(image({"import", at("root"), "--name", "image", "--replace"}).status == 0);
    for (const auto& blob : fs::directory_iterator(top_ / "layout/blobs/sha256")) {
      const bool is_layer = blob.file_size() > 50'000;
      const bool is_manifest = read(blob.path()).find("\"layers\":[{") != std::string::npos;
      (is_layer ? layer : is_manifest ? manifest : config) = blob.path();
    }
  }
  ~Place() {
    ::setenv("PATH", path_.c_str(), 1);
    fs::remove_all(top_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string at(const std::string& name) const { return (top_ / name).string(); }
  Ended image(std::vector<std::string> arguments, const std::string& input = {}) const {
    arguments.insert(arguments.begin(), "image");
    return run_cloche(arguments, input, {"env", "CLOCHE_STORE=" + at("store")});
  }
  Snapshot store() const { return contents(at("store")); }

  fs::path layer, manifest, config;

 private:
  fs::path top_;
  std::string path_ = ::getenv("PATH");
};

void flip(const fs::path& path) {
  std::string bytes = read(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write(path, bytes);
}

void replace(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read(path);
  REQUIRE(text.find(from) != std::string::npos);
  text.replace(text.find(from), from.size(), to);
  write(path, text);
}

struct Bad {
  const char* name;
  std::function<std::vector<std::string>(Place&)> arguments;
  int status;
  const char* says;
};

std::vector<std::string> import_layout(Place& place) {
  return {"import", place.at("layout"), "--name", "new"};
}

const std::vector<Bad>& bad_inputs() {
  static const std::vector<Bad> list = {
      {"a truncated layer",
       [](Place& place) {
         fs::resize_file(place.layer, fs::file_size(place.layer) / 2);
         return import_layout(place);
       },
       72, "bytes"},
      {"a corrupted layer",
       [](Place& place) {
         flip(place.layer);
         return import_layout(place);
       },
       72, "digest"},
      {"a corrupted configuration",
       [](Place& place) {
         flip(place.config);
         return import_layout(place);
       },
       72, "digest"},
      {"a missing blob",
       [](Place& place) {
         fs::remove(place.layer);
         return import_layout(place);
       },
       68, "missing"},
      {"a missing manifest",
       [](Place& place) {
         fs::remove(place.manifest);
         return import_layout(place);
       },
       68, "missing"},
      {"a missing mark",
       [](Place& place) {
         fs::remove(place.at("layout/oci-layout"));
         return import_layout(place);
       },
       68, "oci-layout"},
      {"an unsupported media type",
       [](Place& place) {
         replace(place.at("layout/index.json"), "image.manifest.v1", "image.riddle.v1");
         return import_layout(place);
       },
       68, "media type"},
      {"a truncated tar",
       [](Place& place) {
         fs::resize_file(place.at("x.tar"), 60'000);
         return std::vector<std::string>{"import", place.at("x.tar"), "--name", "new"};
       },
       68, "x.tar"},
      {"no archive",
       [](Place& place) {
         write(place.at("text"), "this is no archive");
         return std::vector<std::string>{"import", place.at("text"), "--name", "new"};
       },
       68, "text"},
      {"neither an image nor a root file system",
       [](Place& place) {
         fs::create_directory(place.at("other"));
         write(place.at("other/file"), "x");
         return std::vector<std::string>{"import", place.at("other"), "--name", "new"};
       },
       68, "no image, and no root file system"},
      {"both",
       [](Place& place) {
         write(place.at("root/manifest.json"), "[]");
         return std::vector<std::string>{"import", place.at("root"), "--name", "new"};
       },
       64, "--type"},
      {"a name that is taken",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name", "image"};
       },
       74, "--replace"},
      {"a name that cannot be",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name", "../x"};
       },
       64, "names are like"},
      {"a source that is not there",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("nothing"), "--name", "new"};
       },
       66, "No such file"},
      {"a tag that is not there",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--reference",      "other"};
       },
       64, "tag"},
      {"too many bytes",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-bytes",      "50K"};
       },
       78, "--max-bytes"},
      {"too many entries",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-entries",    "2"};
       },
       78, "--max-entries"},
      {"too deep",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-depth",      "2"};
       },
       78, "--max-depth"},
      {"too long a path",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-path",       "4"};
       },
       78, "--max-path"},
      {"no time",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-time",       "0"};
       },
       78, "--max-time"},
      {"a registry that is not there",
       [](Place&) {
         return std::vector<std::string>{"pull", "docker://127.0.0.1:1/x:1", "--name", "new"};
       },
       76, "connection refused"},
      {"a reference that is none",
       [](Place&) {
         return std::vector<std::string>{"pull", "python", "--name", "new"};
       },
       64, "docker://"},
      {"a progress that is none",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--progress",       "fancy"};
       },
       64, "json"},
      {"a cap of a negative number, --max-entries",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-entries",    "-2"};
       },
       64, "cannot take \"-2\" for --max-entries"},
      {"a cap of a negative number, --max-path",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-path",       "-2"};
       },
       64, "cannot take \"-2\" for --max-path"},
      {"a cap of a negative number, --max-depth",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-depth",      "-2"};
       },
       64, "cannot take \"-2\" for --max-depth"},
      {"a longer time than there is",
       [](Place& place) {
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--max-time",       "25h"};
       },
       64, "at most 24h"},
      {"an index of nothing",
       [](Place& place) {
         write(place.at("layout/index.json"), R"({"schemaVersion":2,"manifests":[]})");
         return std::vector<std::string>{"import", place.at("layout"), "--name",
                                         "new",    "--reference",      "tag"};
       },
       64, "it lists no image"},
      {"a reference without a transport",
       [](Place&) {
         return std::vector<std::string>{"pull", "alpine"};
       },
       64, "a reference has a transport, such as docker://alpine"},
      {"a reference that looks as if it had one",
       [](Place&) {
         return std::vector<std::string>{"pull", "python:3.12"};
       },
       64, "a reference has a transport, such as docker://python:3.12"},
      {"the same with a name",
       [](Place&) {
         return std::vector<std::string>{"pull", "python:3.12", "--name", "new"};
       },
       64, "a reference has a transport, such as docker://python:3.12"},
      {"a layout that does not have it",
       [](Place& place) {
         return std::vector<std::string>{"pull", "oci:" + place.at("layout") + ":nope", "--name",
                                         "new"};
       },
       67, "no descriptor found"},
      {"a tag that none can have",
       [](Place& place) {
         return std::vector<std::string>{"export", "image", place.at("out"), "--reference",
                                         "bad ref!"};
       },
       64, "as a tag"},
      {"a compressed tar",
       [](Place& place) {
         return std::vector<std::string>{"export", "image", place.at("out.tgz")};
       },
       64, "not compressed"},
      {"an age without a unit",
       [](Place&) {
         return std::vector<std::string>{"prune", "--older-than", "5"};
       },
       64, "30d"},
      {"an export of nothing",
       [](Place& place) {
         return std::vector<std::string>{"export", "missing", place.at("out")};
       },
       67, "missing"},
      {"an export to what is there",
       [](Place& place) {
         return std::vector<std::string>{"export", "image", place.at("root")};
       },
       74, "exists"},
      {"an export to nowhere",
       [](Place& place) {
         return std::vector<std::string>{"export", "image", place.at("no/such/place")};
       },
       71, "No such file"},
      {"an age that is none",
       [](Place&) {
         return std::vector<std::string>{"prune", "--older-than", "soon"};
       },
       64, "30d"},
  };
  return list;
}

}  // namespace

TEST_CASE("bad input gives one line, its status, and leaves the store as it was") {
  for (const Bad& bad : bad_inputs()) {
    Place place;
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
  Place place;
  ::chmod(place.at("store/tmp").c_str(), 0500);
  const Ended ended = place.image({"import", place.at("layout"), "--name", "new"});
  ::chmod(place.at("store/tmp").c_str(), 0700);
  CHECK(ended.status == 77);
}

TEST_CASE("progress as JSON is one object a line, of the documented form") {
  Place place;
  const Ended ended =
      place.image({"import", place.at("layout"), "--name", "new", "--progress", "json"});
  REQUIRE(ended.status == 0);
  std::istringstream lines(ended.err);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    const Json json = Json::parse(line);
    CHECK(json["image"] == "new");
    CHECK(json["stage"].is_string());
    CHECK(json["unit"] == "bytes");
    CHECK(json["done"].is_number_unsigned());
    CHECK((json["total"].is_null() || json["total"].is_number_unsigned()));
    CHECK((json["rate"].is_null() || json["rate"].is_number()));
    CHECK((json["left"].is_null() || json["left"].is_number()));
    CHECK(json["seconds"].is_number());
    CHECK(json.size() == 8);
    ++count;
  }
  CHECK(count >= 1);
  REQUIRE(place.image({"import", place.at("root"), "--name", "third", "--progress", "plain"})
              .err.rfind("third: packing ", 0) == 0);
}

TEST_CASE("the end of a stage is told to programs") {
  Place place;
  const Ended ended =
      place.image({"import", place.at("layout"), "--name", "new", "--progress", "json"});
  std::istringstream lines(ended.err);
  std::string line;
  Json unpacking;
  while (std::getline(lines, line))
    if (const Json json = Json::parse(line); json["total"].is_number()) unpacking = json;
  REQUIRE(unpacking.is_object());
  CHECK(unpacking["done"] == unpacking["total"]);
}

TEST_CASE("an import from a terminal is none") {
  const Ended ended = run_cloche({"image", "import", "-", "--name", "x"}, {},
                                 {"sh", "-c", "exec script -qec \"$*\" /dev/null", "sh"});
  CHECK(ended.status == 64);
  CHECK_THAT(ended.out, ContainsSubstring("cannot read an image from a terminal"));
}

TEST_CASE("images are listed and removed by their short names too") {
  Place place;
  CHECK(place.image({"ls"}).out == place.image({"list"}).out);
  CHECK(place.image({"rm", "image"}).out == "image: removed\n");
}

TEST_CASE("images go by age or all of them") {
  Place place;
  const Ended ended = place.image({"prune", "--older-than", "1h", "--all"});
  CHECK(ended.status == 64);
  CHECK_THAT(ended.err, ContainsSubstring("--older-than") && ContainsSubstring("--all"));
  CHECK(place.image({"inspect", "image"}).status == 0);
}

TEST_CASE("another user's image is that user's to verify") {
  if (::geteuid() == 0) return;
  Place place;
  const Ended ended = place.image({"verify", "python", "--progress", "plain"});
  CHECK(ended.status == 77);
  CHECK(ended.err.rfind("cloche: cannot verify the image python (", 0) == 0);
}

TEST_CASE("verify says what differs, and its status") {
  Place place;
  CHECK(place.image({"verify", "--progress", "none"}).status == 0);
  CHECK(place.image({"verify", "--progress", "none"}).out == "image: good\n");
  const Json known = Json::parse(place.image({"inspect", "image"}).out);
  write(known["rootfs"].get<std::string>() + "/usr/bin/new\nline", "x");
  const Ended ended = place.image({"verify", "image", "--progress", "none"});
  CHECK(ended.status == 68);
  CHECK(ended.out == "image: 1 difference\n  /usr/bin/new?line: is not in the image: a file\n");
  const Json json = Json::parse(place.image({"verify", "--json", "--progress", "none"}).out);
  CHECK(json[0]["good"] == false);
  CHECK(json[0]["differences"][0]["where"] == "/usr/bin/new\nline");
  CHECK(place.image({"verify", "missing"}).status == 67);
}

TEST_CASE("inspect and list say what is known") {
  Place place;
  const Json json = Json::parse(place.image({"inspect", "image"}).out);
  REQUIRE(json["layers"].size() == 1);
  CHECK(json["layers"][0]["diff_id"] == json["layers"][0]["digest"]);  // it is not compressed
  CHECK(json["layers"][0]["size"].get<std::uint64_t>() > 100'000);
  CHECK(json["history"][0]["created_by"] == "cloche image import");
  const Json list = Json::parse(place.image({"list", "--json"}).out);
  const auto own = std::find_if(list.begin(), list.end(),
                                [](const Json& each) { return each["name"] == "image"; });
  REQUIRE(own != list.end());
  CHECK((*own)["in_use"] == false);
  CHECK((*own)["digest"] == json["digest"]);
  write(place.at("store/images/image.json"), "{");
  const Ended broken = place.image({"list"});
  CHECK(broken.status == 68);
  CHECK_THAT(broken.err, ContainsSubstring("image"));
}

TEST_CASE("prune says what it would free, and frees that") {
  Place place;
  const Ended dry = place.image({"prune", "--all", "--dry-run"});
  CHECK_THAT(dry.out, ContainsSubstring("image: would be removed\nwould free 0.2 MB: 1 images"));
  const Json json = Json::parse(place.image({"prune", "--all", "--json"}).out);
  CHECK(json["images"] == Json{"image"});
  CHECK(json["bytes"].get<std::uint64_t>() > 200'000);
  CHECK(fs::is_empty(place.at("store/rootfs")));
}

TEST_CASE("a tar goes to standard output and comes back from standard input") {
  Place place;
  const Ended tar = place.image({"export", "image", "-", "--progress", "none"});
  CHECK(tar.status == 0);
  CHECK(place.image({"import", "-", "--name", "again"}, tar.out).status == 0);
  const Json json = Json::parse(place.image({"inspect", "again"}).out);
  CHECK(json["digest"] == Json::parse(place.image({"inspect", "image"}).out)["digest"]);
}

TEST_CASE("a signal ends an import in order") {
  Place place;
  // A FIFO that nobody writes to: the import waits for it.
  REQUIRE(::mkfifo(place.at("fifo").c_str(), 0600) == 0);
  const int signal = GENERATE(SIGINT, SIGTERM);
  const Snapshot before = place.store();
  ::setenv("CLOCHE_STORE", place.at("store").c_str(), 1);
  const int hold = ::open(place.at("fifo").c_str(), O_RDWR | O_CLOEXEC);
  const pid_t child = start_cloche({"image", "import", place.at("fifo"), "--name", "new"});
  ::unsetenv("CLOCHE_STORE");
  // It is at work as soon as its staging directory is there.
  while (fs::is_empty(place.at("store/tmp"))) ::usleep(1000);
  ::kill(child, signal);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ::close(hold);
  CHECK((WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 128 + signal)));
  CHECK(WIFEXITED(status));
  CHECK(difference(before, place.store()) == "");
}
