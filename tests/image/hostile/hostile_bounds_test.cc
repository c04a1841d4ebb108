// Small input that becomes large: the unpacker with small caps.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "hostile.h"
#include "image/fixture.h"
#include "image/process.h"
#include "image/tree.h"
#include "util/file.h"
#include "util/paths.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

constexpr std::uint64_t kBytes = 1 << 20;
constexpr std::uint64_t kEntries = 1000;

// cloche-unpack's last line, and the files that it left.
struct Bounded {
  // `by`: a command that runs the unpacker.
  explicit Bounded(const std::string& layer, const std::vector<std::string>& by = {}) {
    const Directory place;
    const UniqueFd target(::open(place.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const UniqueFd source = memory_file(layer);
    const std::string report = place.path() + ".report";
    {
      const UniqueFd out(::open(report.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      ChildSpec spec;
      spec.argv = by;
      for (const std::string& argument :
           {helper_path("cloche-unpack"), std::string("layer"), std::string("--compression"),
            std::string("any"), std::string("--max-bytes"), std::to_string(kBytes),
            std::string("--max-entries"), std::to_string(kEntries)})
        spec.argv.push_back(argument);
      spec.environment = {"PATH=/usr/bin:/bin"};
      spec.descriptors = {{0, source.get()}, {1, out.get()}, {3, target.get()}};
      ChildProcess(spec).wait();
    }
    const std::string said = read(report);
    ::unlink(report.c_str());
    REQUIRE_FALSE(said.empty());
    last = said.substr(said.rfind('\n', said.size() - 2) + 1);
    bytes = tree_bytes(AT_FDCWD, place.path());
    entries = listing(place.path()).size();
  }

  std::string last;
  std::uint64_t bytes = 0;
  std::size_t entries = 0;
};

std::string sparse_of(std::uint64_t size) {
  Header header;
  header.name = "GNUSparseFile.0/sparse";
  return pax({{"GNU.sparse.major", "1"},
              {"GNU.sparse.minor", "0"},
              {"GNU.sparse.name", "sparse"},
              {"GNU.sparse.realsize", std::to_string(size)}}) +
         member(header, padded("1\n" + std::to_string(size) + "\n0\n")) + end_mark();
}

}  // namespace

TEST_CASE("content that grows beyond the caps is refused at the cap") {
  const std::string zeros(64 << 20, '\0');
  std::vector<Entry> many, files, same, folders;
  for (int i = 0; i < 2000; ++i) {
    many.push_back(file("e" + std::to_string(i), ""));
    files.push_back(file("f" + std::to_string(i % 900), std::string(10'000, 'x')));
    same.push_back(file("f", std::string(10'000, 'x')));
    folders.push_back(folder("d/" + std::to_string(i)));
  }
  const std::string bomb = tar({file("zeros", zeros)});
  const std::vector<std::pair<std::string, std::string>> shapes = {
      {"one file", bomb},
      {"one file, gzip", compressed(bomb, "gzip")},
      {"one file, zstd", compressed(bomb, "zstd")},
      {"zeros after the end mark, gzip", compressed(end_mark() + zeros, "gzip")},
      {"zeros after the end mark, zstd", compressed(end_mark() + zeros, "zstd")},
      {"a hole", sparse_of(kBytes + 1)},
      {"a hole of petabytes", sparse_of(std::uint64_t{1} << 60)},
      {"many entries", tar(many)},
      {"many directories", tar(folders)},
      {"many entries, zstd", compressed(tar(many), "zstd")},
      {"many files", tar(files)},
      {"one file, again and again", tar(same)},
      {"a PAX header", pax({{"comment", std::string(2 << 20, 'c')}}) + end_mark()}};
  for (const auto& [name, layer] : shapes) {
    INFO(name);
    const Bounded bounded(layer);
    INFO(bounded.last);
    CHECK(bounded.last.rfind("error too_large ", 0) == 0);
    CHECK(bounded.bytes <= kBytes);
    CHECK(bounded.entries <= kEntries);
  }
}

TEST_CASE("content just within the caps is accepted") {
  std::vector<Entry> most;
  for (std::uint64_t i = 0; i < kEntries; ++i) most.push_back(file("e" + std::to_string(i), ""));
  CHECK(Bounded(tar(most)).last == "done\n");
  CHECK(Bounded(tar({file("f", std::string(kBytes - 3 * 512 - 512, 'x'))})).last == "done\n");
  CHECK(Bounded(sparse_of(kBytes)).last == "done\n");
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("a layer that claims to need much memory gets little") {
  const std::string header = std::string("\x28\xb5\x2f\xfd\0", 5);
  const std::string block = std::string("\x01\0\0", 3);
  std::vector<std::string> layers = {gnu_long('L', std::string(50 << 20, 'n')) + end_mark(),
                                     gnu_long('K', std::string(50 << 20, 'n')) + end_mark()};
  for (const int log : {20, 27, 30, 41})
    layers.push_back(header + static_cast<char>((log - 10) << 3) + block);
  for (const LayerShape& shape : sparse_shapes()) layers.push_back(shape.layers[0]);
  for (const std::string& layer : layers) {
    // Address space: the stacks and arenas of its threads take most of it.
    const Bounded bounded(layer, {"prlimit", "--as=536870912"});
    CHECK(bounded.last == Bounded(layer).last);
  }
}
#endif
