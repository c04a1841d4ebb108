// Layers whose headers lie, contradict each other, or have old forms.
#include "hostile.h"

namespace cloche::image::test {

namespace {

constexpr ErrorKind kCorrupt = ErrorKind::image_corrupt;

Header named(const std::string& name) {
  Header header;
  header.name = name;
  return header;
}

// A file of ten bytes whose header gives another size.
std::string sized(const std::string& size) {
  Header header = named("f");
  header.size = size;
  return block(header) + padded("0123456789") + member(named("after"), "x") + end_mark();
}

std::string timed(const std::string& time) {
  Header header = named("f");
  header.time = time;
  return member(header, "x") + end_mark();
}

}  // namespace

std::vector<LayerShape> header_shapes(const Aim& aim) {
  const std::string out = aim.path;
  std::vector<LayerShape> shapes;
  const auto taken = [&shapes](const std::string& name, const std::string& layer,
                               std::vector<std::string> holds, const std::string& same_as = "tar") {
    shapes.push_back({name, {layer}, std::nullopt, std::move(holds), {}, "none", {}, same_as});
  };
  const auto refused = [&shapes](const std::string& name, const std::string& layer) {
    shapes.push_back({name, {layer}, kCorrupt});
  };

  // Sizes.
  refused("a size below zero", sized(base256(-1, 12)));
  refused("a size far below zero", sized(base256(-(std::int64_t{1} << 62), 12)));
  refused("a size that no disk holds", sized(base256(std::int64_t{1} << 62, 12)));
  shapes.back().refused = ErrorKind::too_large;
  refused("the greatest size in octal", sized("777777777777"));
  refused("a size beyond 64 bits", sized("\xff" + std::string(11, '\x7f')));
  refused("a size that is longer than the tar", sized("00000177777"));
  taken("a size in base 256", sized(base256(10, 12)), {"f=0123456789", "after=x"});
  taken("a size with blanks", sized("         12 "), {"f=0123456789", "after=x"});
  refused("a negative size in PAX", pax({{"size", "-1"}}) + member(named("f"), "x") + end_mark());
  refused("a huge size in PAX",
          pax({{"size", "9223372036854775807"}}) + member(named("f"), "x") + end_mark());
  refused("a size in PAX beyond 64 bits",
          pax({{"size", "99999999999999999999999999"}}) + member(named("f"), "x") + end_mark());
  taken("a size in PAX where the header's is none",
        [] {
          Header header;
          header.name = "f";
          return pax({{"size", "10"}}) + block(header) + padded("0123456789") +
                 member(named("after"), "x") + end_mark();
        }(),
        {"f=0123456789", "after=x"});
  for (const char type : {'1', '2', '3', '5', '6'}) {
    Header header = named("n");
    header.type = type;
    header.link = "f";
    refused(std::string("content after a header of type ") + type,
            member(named("f"), "x") + member(header, "smuggled") + member(named("after"), "y") +
                end_mark());
  }

  // Times.
  for (const auto& [what, time] : std::vector<std::pair<std::string, std::string>>{
           {"zero", "00000000000"},
           {"the greatest in octal", "77777777777"},
           {"before 1970", base256(-1, 12)},
           {"long before 1970", base256(-(std::int64_t{1} << 62), 12)},
           {"after the end of time", base256((std::int64_t{1} << 62), 12)}})
    taken("a time that is " + what, timed(time), {"f=x"}, "");
  refused("a time that is no number", timed("tomorrow"));
  for (const char* time : {"-1", "-1.5", "0.999999999999", "1e9", "99999999999999999999", "-", "",
                           "1.1073741823", "1.1073741822", "1.-5", "nan", "1700000000.5"})
    taken(
        std::string("a PAX time of '") + time + "'",
        pax({{"mtime", time}, {"atime", time}, {"ctime", time}}) + member(named("f"), "x") +
            pax({{"mtime", time}}) +
            [] {
              Header header;
              header.name = "d";
              header.type = '5';
              return member(header);
            }() +
            end_mark(),
        {"f=x", "d"}, "");

  // Names in several forms at once.
  taken("a long name of GNU's",
        gnu_long('L', std::string(150, 'n')) + member(named("short"), "x") + end_mark(),
        {std::string(150, 'n') + "=x"});
  taken("a long link of GNU's",
        [&] {
          Header header = named("link");
          header.type = '2';
          header.link = std::string(100, 't');
          return gnu_long('K', std::string(150, 't')) + member(header) + end_mark();
        }(),
        {"link -> " + std::string(150, 't')});
  refused(
      "a long name of GNU's that leads upwards",
      gnu_long('L', "a/../../" + std::string(150, 'n')) + member(named("short"), "x") + end_mark());
  refused("a long name of GNU's that is too long",
          gnu_long('L', std::string(70'000, 'n')) + member(named("short"), "x") + end_mark());
  shapes.back().refused = ErrorKind::too_large;
  shapes.push_back({"a long name of GNU's with a zero byte",
                    {gnu_long('L', std::string("first\0/../second", 16)) +
                     member(named("short"), "x") + end_mark()}});
  refused("a long name of GNU's that says it is huge", [] {
    Header header;
    header.name = "././@LongLink";
    header.type = 'L';
    header.size = "77777777777";
    return block(header) + padded("n") + end_mark();
  }());
  refused("a long name after which nothing comes",
          gnu_long('L', std::string(150, 'n')) + end_mark());
  taken("a long name twice: the last one is meant",
        gnu_long('L', "first") + gnu_long('L', "second") + member(named("short"), "x") + end_mark(),
        {"second=x"});
  taken("a path in PAX over the header's",
        pax({{"path", "paxed"}}) + member(named("../header"), "x") + end_mark(), {"paxed=x"});
  refused("a path upwards in PAX over the header's",
          pax({{"path", "../paxed"}}) + member(named("header"), "x") + end_mark());
  refused("a path upwards in a GNU name under a prefix", [] {
    Header header;
    header.name = "f";
    header.prefix = "a/../..";
    return member(header, "x") + end_mark();
  }());
  taken("a prefix",
        [] {
          Header header;
          header.name = "f";
          header.prefix = "a/b";
          return member(header, "x") + end_mark();
        }(),
        {"a/b/f=x"});
  for (const bool gnu_first : {false, true}) {
    const std::string gnu = gnu_long('L', "gnu");
    const std::string posix = pax({{"path", "posix"}});
    shapes.push_back(
        {std::string("two long names that differ, GNU's ") + (gnu_first ? "first" : "last"),
         {(gnu_first ? gnu + posix : posix + gnu) + member(named("short"), "x") + end_mark()}});
  }
  shapes.push_back(
      {"a path in PAX with a zero byte",
       {pax({{"path", std::string("a\0/../../b", 10)}}) + member(named("h"), "x") + end_mark()}});
  taken("a path in PAX that is not UTF-8",
        pax({{"path", "a\xff\x9b"}}) + member(named("h"), "x") + end_mark(), {"a\xff\x9b=x"});
  shapes.push_back({"a path in PAX in another character set",
                    {pax({{"hdrcharset", "BINARY"}, {"path", "a\xff"}}) + member(named("h"), "x") +
                     end_mark()}});
  shapes.push_back(
      {"an empty path in PAX", {pax({{"path", ""}}) + member(named("h"), "x") + end_mark()}});
  refused("a link outwards in PAX over a header's", [&] {
    Header header = named("mine");
    header.type = '1';
    header.link = "f";
    return member(named("f"), "x") + pax({{"linkpath", out + "/file"}}) + member(header) +
           end_mark();
  }());
  taken("a global header of PAX, as git writes it",
        pax({{"comment", std::string(40, 'c')}}, 'g') + member(named("f"), "x") + end_mark(),
        {"f=x"});
  shapes.push_back({"a global path in PAX",
                    {pax({{"path", out + "/file"}}, 'g') + member(named("f"), "x") +
                     member(named("g"), "y") + end_mark()}});
  shapes.push_back({"a global size in PAX",
                    {pax({{"size", "1024"}}, 'g') + member(named("f"), "x") +
                     member(named("g"), "y") + end_mark()}});

  // Invalid PAX headers.
  for (const std::string& text :
       {std::string("9 path"), std::string("-5 path=x\n"), std::string("0 path=x\n"),
        std::string("99999999999999999999 path=x\n"), std::string("12 path=x\n"),
        std::string("10 path=x"), std::string("5\n"), std::string("\n"),
        std::string("11 path:xy\n"), std::string("999 path=x\n"), std::string(" 10 path=x\n"),
        std::string(512, '1')})
    shapes.push_back({"a PAX record of '" + text.substr(0, 20) + "'",
                      {pax_text(text) + member(named("f"), "x") + end_mark()}});
  taken("a PAX header of nothing", pax_text("") + member(named("f"), "x") + end_mark(), {"f=x"},
        "");
  refused("a PAX header of two megabytes",
          pax({{"comment", std::string(2 << 20, 'c')}}) + member(named("f"), "x") + end_mark());
  refused("fifty PAX headers in a row", [] {
    std::string bytes;
    for (int i = 0; i < 50; ++i) bytes += pax({{"path", "p" + std::to_string(i)}});
    return bytes + member(named("f"), "x") + end_mark();
  }());
  // Some readers recurse at each level of a header before a header.
  refused("a hundred thousand headers before a header", [] {
    std::string one = pax({{"comment", "c"}});
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes += one;
    return bytes + member(named("f"), "x") + end_mark();
  }());
  refused("a hundred thousand long names before a header", [] {
    std::string one = gnu_long('L', "n");
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes += one;
    return bytes + member(named("f"), "x") + end_mark();
  }());
  refused("a hundred thousand volume labels", [] {
    Header label = named("label");
    label.type = 'V';
    const std::string one = member(label);
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes += one;
    return bytes + member(named("f"), "x") + end_mark();
  }());
  shapes.push_back({"a hundred thousand attributes", {[] {
                      PaxRecords records;
                      for (int i = 0; i < 20'000; ++i)
                        records.emplace_back("SCHILY.xattr.user.a" + std::to_string(i), "x");
                      return pax(records) + member(named("f"), "x") + end_mark();
                    }()}});

  // Other headers.
  // GNU's multi-volume parts and labels with content are no files of layers.
  for (const char type : {'\0', '7', 'A', 'D', 'M', 'N', 'S', 'V', 'X', 'Z', '\x80', '8'}) {
    Header header = named("n");
    header.type = type;
    const std::string name =
        "a header of type " + std::to_string(static_cast<int>(static_cast<unsigned char>(type)));
    const std::string layer = member(named("f"), "x") + member(header, "content") +
                              member(named("after"), "y") + end_mark();
    if (type == 'M' || type == 'V') {
      refused(name, layer);
    } else {
      taken(name, layer, {"f=x", "after=y"}, "");
    }
  }
  refused("a wrong checksum", [] {
    Header header;
    header.name = "f";
    header.checksum = "000000";
    return member(named("before"), "x") + member(header, "x") + end_mark();
  }());
  taken("a tar of before ustar",
        [] {
          Header header;
          header.name = "f";
          header.magic = "";
          return member(header, "x") + end_mark();
        }(),
        {"f=x"});
  refused("a file whose name ends in a slash", member(named("d/"), "x") + end_mark());
  refused("what is no tar", std::string(100'000, 'x'));
  taken("half an end mark, and then no tar",
        std::string(512, '\0') + std::string(100'000, 'x') + std::string(512, '\x01'), {});
  refused("numbers that are no numbers", [] {
    Header header;
    header.name = "f";
    header.mode = "rwxrwxr";
    header.owner = "nobody";
    header.device_major = "xxxxxxx";
    return member(header, "x") + end_mark();
  }());

  // Ends.
  const std::string two =
      member(named("a"), std::string(1000, 'a')) + member(named("b"), std::string(1000, 'b'));
  taken("no end mark", two, {"a", "b"});
  taken("half an end mark", two + std::string(512, '\0'), {"a", "b"});
  taken("entries after the end mark", two + end_mark() + member(named("after"), "x") + end_mark(),
        {"a", "b"});
  shapes.back().lacks = {"after"};
  taken("garbage after the end mark", two + end_mark() + std::string(50'000, '\xaa'), {"a", "b"});
  taken("a last block that is not filled", two.substr(0, two.size() - 24),
        {"b=" + std::string(1000, 'b')}, "");
  // A cut at the end of an entry leaves a valid tar: only the digests show it.
  for (std::size_t at = 0; at <= two.size(); at += at < 1500 || at > 1540 ? 256 : 1)
    shapes.push_back(
        {"cut at byte " + std::to_string(at),
         {two.substr(0, at)},
         (at >= 1512 && at <= 1536) || at >= 3048 ? std::nullopt : std::optional(kCorrupt)});
  taken("nothing at all", end_mark(), {});
  refused("an empty blob", std::string());
  return shapes;
}

}  // namespace cloche::image::test
