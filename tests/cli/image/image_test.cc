// `cloche image` as its users call it: its output, its statuses, and the data that it leaves
// unchanged.

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

#include "catch.h"
#include "image_place.h"

namespace fs = std::filesystem;
using Json = nlohmann::json;
using cloche::image::test::difference;
using cloche::image::test::Snapshot;

TEST_CASE("progress as JSON is one object a line, of the documented form") {
  ImagePlace place;
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
  ImagePlace place;
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
  ImagePlace place;
  CHECK(place.image({"ls"}).out == place.image({"list"}).out);
  CHECK(place.image({"rm", "image"}).out == "image: removed\n");
}

TEST_CASE("images go by age or all of them") {
  ImagePlace place;
  const Ended ended = place.image({"prune", "--older-than", "1h", "--all"});
  CHECK(ended.status == 64);
  CHECK_THAT(ended.err, ContainsSubstring("--older-than") && ContainsSubstring("--all"));
  CHECK(place.image({"inspect", "image"}).status == 0);
}

TEST_CASE("another user's image is that user's to verify") {
  if (::geteuid() == 0) return;
  ImagePlace place;
  const Ended ended = place.image({"verify", "python", "--progress", "plain"});
  CHECK(ended.status == 77);
  CHECK(ended.err.rfind("cloche: cannot verify the image python (", 0) == 0);
}

TEST_CASE("verify says what differs, and its status") {
  ImagePlace place;
  CHECK(place.image({"verify", "--progress", "none"}).status == 0);
  CHECK(place.image({"verify", "--progress", "none"}).out == "image: good\n");
  const Json known = Json::parse(place.image({"inspect", "image"}).out);
  write_bytes(known["rootfs"].get<std::string>() + "/usr/bin/new\nline", "x");
  const Ended ended = place.image({"verify", "image", "--progress", "none"});
  CHECK(ended.status == 68);
  CHECK(ended.out == "image: 1 difference\n  /usr/bin/new?line: is not in the image: a file\n");
  const Json json = Json::parse(place.image({"verify", "--json", "--progress", "none"}).out);
  CHECK(json[0]["good"] == false);
  CHECK(json[0]["differences"][0]["where"] == "/usr/bin/new\nline");
  CHECK(place.image({"verify", "missing"}).status == 67);
}

TEST_CASE("inspect and list say what is known") {
  ImagePlace place;
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
  write_bytes(place.at("store/images/image.json"), "{");
  const Ended broken = place.image({"list"});
  CHECK(broken.status == 68);
  CHECK_THAT(broken.err, ContainsSubstring("image"));
}

TEST_CASE("prune says what it would free, and frees that") {
  ImagePlace place;
  const Ended dry = place.image({"prune", "--all", "--dry-run"});
  CHECK_THAT(dry.out, ContainsSubstring("image: would be removed\nwould free 0.2 MB: 1 images"));
  const Json json = Json::parse(place.image({"prune", "--all", "--json"}).out);
  CHECK(json["images"] == Json{"image"});
  CHECK(json["bytes"].get<std::uint64_t>() > 200'000);
  CHECK(fs::is_empty(place.at("store/rootfs")));
}

TEST_CASE("a tar goes to standard output and comes back from standard input") {
  ImagePlace place;
  const Ended tar = place.image({"export", "image", "-", "--progress", "none"});
  CHECK(tar.status == 0);
  CHECK(place.image({"import", "-", "--name", "again"}, tar.out).status == 0);
  const Json json = Json::parse(place.image({"inspect", "again"}).out);
  CHECK(json["digest"] == Json::parse(place.image({"inspect", "image"}).out)["digest"]);
}

TEST_CASE("a signal ends an import in order") {
  ImagePlace place;
  // The import waits for a FIFO without a writer.
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
