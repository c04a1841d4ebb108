// Layers whose whiteouts point elsewhere.
#include "hostile.h"

namespace cloche::image::test {

std::vector<LayerShape> whiteout_shapes(const Aim& aim) {
  const std::string out = aim.path;
  const std::string up = aim.upwards();
  const std::string lower =
      tar({folder("d"), file("d/a", "1"), file("d/b", "2"), folder("d/sub"), file("d/sub/c", "3"),
           file("top", "4"), soft_link("out", out), soft_link("up", up),
           soft_link("leaf", out + "/file"), soft_link("in", "d"), soft_link("self", ".")});
  std::vector<LayerShape> shapes;
  const auto taken = [&](const std::string& name, const std::vector<Entry>& upper,
                         std::vector<std::string> holds, std::vector<std::string> lacks = {},
                         const std::string& same_as = {}) {
    shapes.push_back({name,
                      {lower, tar(upper)},
                      std::nullopt,
                      std::move(holds),
                      std::move(lacks),
                      "none",
                      {},
                      same_as});
  };
  const auto refused = [&](const std::string& name, const std::vector<Entry>& upper) {
    shapes.push_back({name, {lower, tar(upper)}, ErrorKind::image_corrupt});
  };

  taken("plain whiteouts", {file("d/.wh.a", ""), file("d/.wh.sub", ""), file(".wh.missing", "")},
        {"d/b=2", "top=4"}, {"d/a", "d/sub", "d/.wh.a"}, "umoci");
  for (const std::string& name : {std::string(".wh."), std::string(".wh.."), std::string(".wh..."),
                                  std::string("d/.wh."), std::string("d/.wh..")})
    refused("the whiteout '" + name + "'", {file(name, "")});
  taken("a whiteout through a link within the image", {file("in/.wh.a", "")}, {"d/b=2"}, {"d/a"});
  taken("a whiteout through links to the root itself", {file("self/self/.wh.top", "")}, {"d/a=1"},
        {"top"});
  for (const char* link : {"out", "up", "leaf"}) {
    taken(
        std::string("a whiteout through the link ") + link,
        {file(std::string(link) + "/.wh.file", ""), file(std::string(link) + "/.wh.directory", "")},
        {"top=4"});
    taken(std::string("an opaque mark through the link ") + link,
          {file(std::string(link) + "/.wh..wh..opq", "")}, {"top=4"});
    taken(std::string("a whiteout of the link ") + link, {file(std::string(".wh.") + link, "")},
          {"top=4"}, {link});
    taken(std::string("a whiteout of the link, and a directory in its place: ") + link,
          {file(std::string(".wh.") + link, ""), folder(link),
           file(std::string(link) + "/file", "5")},
          {std::string(link) + "/file=5"}, {}, "umoci");
  }
  taken("an opaque root", {file(".wh..wh..opq", ""), file("new", "5")}, {"new=5"},
        {"d", "top", "out", ".wh..wh..opq"}, "umoci");
  taken("an opaque mark in a file's place", {file("top/.wh..wh..opq", "")}, {"top=4"});
  taken("an opaque mark that is a directory, a link, a device",
        {{"d/.wh..wh..opq", '5', {}, {}, 0755, {}},
         {"d/sub/.wh..wh..opq", '2', {}, out, 0777, {}},
         {".wh.top", '3', {}, {}, 0666, {}}},
        {"d"}, {"d/a", "top"});
  taken("an opaque mark among what its own layer makes",
        {file("d/a", "new"), file("d/.wh..wh..opq", ""), file("d/sub/x", "5")},
        {"d/a=new", "d/sub/x=5"}, {"d/b", "d/sub/c"}, "umoci");
  taken("Docker's own marks",
        {file(".wh..wh.aufs", ""),
         {".wh..wh.plnk", '5', {}, {}, 0700, {}},
         file(".wh..wh.orph", ""),
         file("d/.wh..wh.x", "")},
        {"d/a=1", "top=4"}, {".wh..wh.aufs", ".wh..wh.plnk"});
  taken("below Docker's own marks", {file(".wh..wh.plnk/12.34", "x")}, {"top=4"});
  taken("whiteouts of what sandboxes mount on",
        {file(".wh.proc", ""), file(".wh.dev", ""), file(".wh.tmp", ""), file(".wh.etc", "")},
        {"proc", "dev", "tmp", "top=4"});
  taken("a whiteout with content, rights and attributes",
        {{".wh.top",
          '0',
          std::string(100'000, 'x'),
          {},
          04777,
          {{"SCHILY.xattr.trusted.overlay.opaque", "y"}}},
         file("after", "5")},
        {"after=5"}, {"top"});
  taken("a hard link to a whiteout, and a whiteout that is one",
        {hard_link(".wh.top", out + "/file"), file("after", "5")}, {"after=5"}, {"top"});
  taken("a whiteout of a whiteout", {file(".wh..wh.top", ""), file(".wh.top", "")}, {}, {"top"});
  refused("a whiteout upwards", {file("../.wh.file", "")});
  refused("a whiteout upwards from within", {file("d/../../.wh.file", "")});
  taken("what is whited out and made again, thrice",
        {file(".wh.top", ""), file("top", "5"), file(".wh.top", ""), file("top", "6"),
         file(".wh.top", "")},
        {"top=6"}, {}, "umoci");
  taken("a directory whited out and made again",
        {file(".wh.d", ""), folder("d"), file("d/new", "5")}, {"d/new=5"}, {"d/a", "d/sub"},
        "umoci");
  taken("in capitals it is a name", {file(".WH.top", "x")}, {"top=4", ".WH.top=x"});
  {
    // Every whiteout checks the entries that its layer has made so far: thousands of both must not
    // take quadratic time.
    std::vector<Entry> many;
    for (int i = 0; i < 5000; ++i) {
      many.push_back(file("d/new" + std::to_string(i), ""));
      many.push_back(file("d/.wh..wh..opq", ""));
      many.push_back(file(".wh.d", ""));
    }
    taken("thousands of opaque marks in one directory", many, {"d/new4999="}, {"d/a"});
  }
  return shapes;
}

}  // namespace cloche::image::test
