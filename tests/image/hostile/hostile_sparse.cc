// Sparse files of every form, with false maps.
#include "hostile.h"

namespace cloche::image::test {

namespace {

constexpr std::uint64_t kGreat = 9'000'000'000'000'000;

struct Region {
  std::string offset, size;
};

std::string in_octal(std::uint64_t value) {
  return octal(value, 11) + std::string(1, '\0');
}

// The form of GNU tar before PAX: four regions in the header, then the real size.
std::string old_gnu(const std::vector<Region>& map, const std::string& real_size,
                    const std::string& content, bool more = false) {
  Header header;
  header.name = "sparse";
  header.type = 'S';
  header.magic = std::string("ustar  \0", 8);
  std::string fields(41, '\0');  // up to byte 386
  for (std::size_t i = 0; i < 4; ++i) {
    const Region region =
        i < map.size() ? map[i] : Region{std::string(12, '\0'), std::string(12, '\0')};
    fields += (region.offset + std::string(12, '\0')).substr(0, 12);
    fields += (region.size + std::string(12, '\0')).substr(0, 12);
  }
  fields += more ? '\1' : '\0';
  fields += real_size;
  header.prefix = fields;
  return member(header, content);
}

// An extension block behind the header, for 21 regions.
std::string extension(const std::vector<Region>& map, bool more) {
  std::string bytes;
  for (const Region& region : map) {
    bytes += (region.offset + std::string(12, '\0')).substr(0, 12);
    bytes += (region.size + std::string(12, '\0')).substr(0, 12);
  }
  bytes.resize(504, '\0');
  bytes += more ? '\1' : '\0';
  bytes.resize(512, '\0');
  return bytes;
}

std::string posix(const PaxRecords& records, const std::string& content) {
  Header header;
  header.name = "GNUSparseFile.1/sparse";
  return pax(records) + member(header, content);
}

// The third form has the map in front of the content.
std::string posix_1_0(const std::string& map, const std::string& content,
                      const std::string& real_size, const std::string& name = "sparse") {
  return posix({{"GNU.sparse.major", "1"},
                {"GNU.sparse.minor", "0"},
                {"GNU.sparse.name", name},
                {"GNU.sparse.realsize", real_size}},
               padded(map) + content);
}

}  // namespace

std::vector<LayerShape> sparse_shapes() {
  std::vector<LayerShape> shapes;
  Header last;
  last.name = "after";
  const std::string after = member(last, "y") + end_mark();
  const auto good = [&](const std::string& name, const std::string& bytes) {
    shapes.push_back({name,
                      {bytes + after},
                      std::nullopt,
                      {"sparse=" + std::string(1000, '\0') + "data", "after=y"},
                      {},
                      "none",
                      {},
                      "tar"});
  };
  const auto lie = [&](const std::string& name, const std::string& bytes) {
    shapes.push_back({name, {bytes + after}, ErrorKind::image_corrupt});
  };
  // Maps that contradict themselves and stay within the file. The result is harmless, but not
  // intended.
  const auto harmless = [&](const std::string& name, const std::string& bytes) {
    shapes.push_back({name, {bytes + after}, std::nullopt, {"sparse", "after=y"}});
  };
  const Region region{in_octal(1000), in_octal(4)};
  const std::string great = std::to_string(kGreat);

  good("sparse, old GNU", old_gnu({region}, in_octal(1004), "data"));
  good("sparse, PAX 0.0", posix({{"GNU.sparse.size", "1004"},
                                 {"GNU.sparse.numblocks", "1"},
                                 {"GNU.sparse.offset", "1000"},
                                 {"GNU.sparse.numbytes", "4"},
                                 {"path", "sparse"}},
                                "data"));
  good("sparse, PAX 0.1", posix({{"GNU.sparse.size", "1004"},
                                 {"GNU.sparse.numblocks", "1"},
                                 {"GNU.sparse.map", "1000,4"},
                                 {"GNU.sparse.name", "sparse"}},
                                "data"));
  good("sparse, PAX 1.0", posix_1_0("1\n1000\n4\n", "data", "1004"));
  shapes.push_back({"a sparse file that is all hole",
                    {posix_1_0("1\n1000000\n0\n", "", "1000000") + after},
                    std::nullopt,
                    {"sparse", "after=y"},
                    {},
                    "none",
                    {},
                    "tar"});
  lie("sparse and huge, old GNU",
      old_gnu({region}, base256(static_cast<std::int64_t>(kGreat), 12), "data"));
  shapes.back().refused = ErrorKind::too_large;
  lie("sparse and huge, PAX 0.1", posix({{"GNU.sparse.size", great},
                                         {"GNU.sparse.numblocks", "1"},
                                         {"GNU.sparse.map", "1000,4"},
                                         {"GNU.sparse.name", "sparse"}},
                                        "data"));
  shapes.back().refused = ErrorKind::too_large;
  lie("sparse and huge, PAX 1.0", posix_1_0("1\n1000\n4\n", "data", great));
  shapes.back().refused = ErrorKind::too_large;
  lie("a region far behind the end, PAX 1.0", posix_1_0("1\n" + great + "\n4\n", "data", "1004"));
  lie("a region behind the end, PAX 1.0", posix_1_0("1\n2000\n4\n", "data", "1004"));
  lie("a region over the end, PAX 1.0", posix_1_0("1\n1002\n4\n", "data", "1004"));
  lie("a region behind the end, old GNU",
      old_gnu({{in_octal(2000), in_octal(4)}}, in_octal(1004), "data"));
  lie("a region before the beginning, old GNU",
      old_gnu({{base256(-4096, 12), in_octal(4)}}, in_octal(1004), "data"));
  lie("a region of less than nothing, old GNU",
      old_gnu({{in_octal(1000), base256(-4, 12)}}, in_octal(1004), "data"));
  lie("a region before the beginning, PAX 1.0", posix_1_0("1\n-1000\n4\n", "data", "1004"));
  lie("a region of less than nothing, PAX 1.0", posix_1_0("1\n1000\n-4\n", "data", "1004"));
  harmless("regions that run backwards, PAX 1.0",
           posix_1_0("2\n1000\n4\n0\n4\n", "datadata", "1004"));
  harmless("regions over each other, PAX 1.0",
           posix_1_0("2\n1000\n4\n1000\n4\n", "datadata", "1004"));
  harmless("regions over each other, PAX 0.1", posix({{"GNU.sparse.size", "1004"},
                                                      {"GNU.sparse.numblocks", "2"},
                                                      {"GNU.sparse.map", "1000,4,1000,4"},
                                                      {"GNU.sparse.name", "sparse"}},
                                                     "datadata"));
  harmless("more regions than content, PAX 1.0", posix_1_0("2\n0\n4\n1000\n4\n", "data", "1004"));
  harmless("more regions than said, PAX 0.1", posix({{"GNU.sparse.size", "1004"},
                                                     {"GNU.sparse.numblocks", "1"},
                                                     {"GNU.sparse.map", "0,4,1000,4"},
                                                     {"GNU.sparse.name", "sparse"}},
                                                    "datadata"));
  lie("a map of text, PAX 1.0", posix_1_0("one\ntwo\nthree\n", "data", "1004"));
  lie("a map of text of a file of no bytes, PAX 1.0", posix_1_0("one\ntwo\nthree\n", "", "0"));
  lie("a map that does not end of a file of no bytes, PAX 1.0",
      posix_1_0("1000000\n1\n1\n", "", "0"));
  lie("a map that does not end, PAX 1.0", posix_1_0("1000000\n1\n1\n", "", "1004"));
  lie("a map of an endless number, PAX 1.0", posix_1_0(std::string(200'000, '9'), "data", "1004"));
  lie("a map of zeros only, PAX 1.0", posix_1_0(std::string(100'000, '\0'), "data", "1004"));
  harmless("a map of odd length, PAX 0.1", posix({{"GNU.sparse.size", "1004"},
                                                  {"GNU.sparse.numblocks", "1"},
                                                  {"GNU.sparse.map", "1000,4,7"},
                                                  {"GNU.sparse.name", "sparse"}},
                                                 "data"));
  harmless("a map of signs, PAX 0.1", posix({{"GNU.sparse.size", "1004"},
                                             {"GNU.sparse.numblocks", "1"},
                                             {"GNU.sparse.map", "-1000,,-4,x"},
                                             {"GNU.sparse.name", "sparse"}},
                                            "data"));
  lie("a size below zero, PAX 1.0", posix_1_0("1\n1000\n4\n", "data", "-1004"));
  lie("a size smaller than the content, PAX 1.0", posix_1_0("1\n0\n4\n", "data", "2"));
  lie("a name upwards, PAX 1.0", posix_1_0("1\n1000\n4\n", "data", "1004", "../sparse"));
  harmless("an unknown version of sparse", posix({{"GNU.sparse.major", "7"},
                                                  {"GNU.sparse.minor", "9"},
                                                  {"GNU.sparse.realsize", "9"},
                                                  {"GNU.sparse.name", "sparse"}},
                                                 "data"));
  lie("extensions that do not end, old GNU",
      old_gnu({region}, in_octal(1004), "", true) + extension({region}, true));
  lie("an extension that says nothing, old GNU",
      old_gnu({region}, in_octal(1004), "", true) + extension({}, false) + padded("data"));
  {
    std::string map = "20000\n";
    for (int i = 0; i < 20'000; ++i) map += std::to_string(1024 * i) + "\n512\n";
    const std::string ones(20'000 * 512, '1');
    shapes.push_back({"a map of twenty thousand regions, PAX 1.0",
                      {posix_1_0(map, ones, std::to_string(20'000 * 1024 - 512)) + after},
                      std::nullopt,
                      {"sparse", "after=y"},
                      {},
                      "none",
                      {},
                      "tar"});
    std::string empty = "1000000\n";
    for (int i = 0; i < 1'000'000; ++i) empty += "0\n0\n";
    harmless("a map of a million empty regions, PAX 1.0", posix_1_0(empty, "", "0"));
  }
  return shapes;
}

}  // namespace cloche::image::test
