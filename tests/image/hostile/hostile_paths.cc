// Layers whose paths and links lead elsewhere.
#include "hostile.h"

namespace cloche::image::test {

namespace {

constexpr ErrorKind kPathCorrupt = ErrorKind::image_corrupt;

Entry special(const std::string& name, char type, unsigned mode = 0666) {
  return {name, type, {}, {}, mode, {}};
}

}  // namespace

std::vector<LayerShape> path_shapes(const Aim& aim) {
  const std::string out = aim.path;
  const std::string up = aim.upwards();
  std::vector<LayerShape> shapes;
  const auto taken = [&shapes](const std::string& name, const std::vector<std::string>& layers,
                               std::vector<std::string> holds, std::vector<std::string> lacks = {},
                               const std::string& same_as = {}) {
    shapes.push_back(
        {name, layers, std::nullopt, std::move(holds), std::move(lacks), "none", {}, same_as});
  };
  const auto refused = [&shapes](const std::string& name, const std::vector<std::string>& layers) {
    shapes.push_back({name, layers, kPathCorrupt});
  };

  // Upwards, at every place of a path.
  for (const std::string& path :
       {std::string("../new"), std::string("a/../../new"), std::string("a/b/.."), std::string(".."),
        up + "/file", std::string("/../new"), std::string("./../new"), std::string("a/./../../new"),
        std::string("..//new"), std::string("a/../b")}) {
    refused("the file " + path, {tar({folder("a"), file(path, "x")})});
    refused("the directory " + path, {tar({folder("a"), folder(path, 0777)})});
    refused("the symbolic link " + path, {tar({folder("a"), soft_link(path, out)})});
    refused("the whiteout beside " + path,
            {tar({folder("a")}), tar({file(path + "/.wh.file", "")})});
    refused("the FIFO " + path, {tar({folder("a"), special(path, '6')})});
  }
  taken("names that only look like upwards",
        {tar({file("...", "1"), file("..a", "2"), file("a../b", "3"), file(".. /x", "4"),
              file("\xe2\x80\xa5/x", "5")})},
        {"...=1", "..a=2", "a../b=3", ".. /x=4", "\xe2\x80\xa5/x=5"}, {}, "tar");
  taken("backslashes are no separators", {tar({file("..\\..\\new", "x")})}, {"..\\..\\new=x"}, {},
        "tar");
  taken("an absolute path", {tar({file(out + "/file", "in"), file("//double//slash", "x")})},
        {out.substr(1) + "/file=in", "double/slash=x"}, {}, "umoci");
  taken("an absolute directory of other rights", {tar({folder(out, 0700)})}, {out.substr(1)}, {},
        "umoci");

  // Through symbolic links.
  for (const std::string& target :
       {out, up, std::string("/proc/self/root") + out, std::string("/proc/self/cwd/..") + up}) {
    const Entry link = soft_link("link", target);
    const std::string named = target.substr(0, 10);
    refused("a file through a link to " + named, {tar({link, file("link/file", "in")})});
    refused("a file through a link of a lower layer to " + named,
            {tar({link}), tar({file("link/file", "in"), file("link/new", "in")})});
    refused("a hard link through a link to " + named,
            {tar({link, hard_link("mine", "link/file"), file("mine", "in")})});
    taken("a directory over a link to " + target.substr(0, 20),
          {tar({link}), tar({folder("link", 0777), file("link/file", "in")})}, {"link/file=in"});
  }
  taken("a file over a link to a file",
        {tar({soft_link("leaf", out + "/file"), file("leaf", "in")})}, {"leaf=in"}, {}, "umoci");
  taken("a file over a link to a file of a lower layer",
        {tar({soft_link("leaf", out + "/file")}), tar({file("leaf", "in", 0777)})}, {"leaf=in"}, {},
        "umoci");
  taken("a chain of links within the image",
        {tar({folder("real"), soft_link("a", "real"), soft_link("b", "a"), soft_link("c", "/b"),
              file("c/file", "in")})},
        {"real/file=in"});
  {
    std::vector<Entry> chain = {folder("real"), soft_link("l0", "real")};
    for (int i = 1; i < 60; ++i)
      chain.push_back(soft_link("l" + std::to_string(i), "l" + std::to_string(i - 1)));
    chain.push_back(file("l59/file", "in"));
    refused("a chain of sixty links", {tar(chain)});
  }
  refused("a loop of links", {tar({soft_link("a", "b"), soft_link("b", "a"), file("a/x", "")})});
  refused("a link to itself", {tar({soft_link("a", "a/a"), file("a/x", "")})});
  refused("through a link that leads nowhere", {tar({soft_link("a", "missing"), file("a/x", "")})});
  refused("through a file", {tar({file("a", ""), file("a/x", "")})});
  taken("a parent replaced by a link in its own layer",
        {tar({folder("a"), file("a/file", "1"), soft_link("b", out), soft_link("a", "c"),
              folder("c"), file("a/file", "2")})},
        {"c/file=2", "a -> c"});
  taken("a parent replaced through another name of its directory",
        {tar({folder("d"), soft_link("d/up", ".."), file("d/x", "1"), soft_link("d/up/d", out),
              folder("d"), file("d/x", "2")})},
        {"d/x=2"});
  refused("a parent replaced by a link outwards",
          {tar({folder("a"), file("a/file", "1"), soft_link("a", out), file("a/file", "2")})});
  taken("a parent replaced by a link outwards, and back",
        {tar({folder("a"), file("a/file", "1"), soft_link("a", out), folder("a"),
              file("a/file", "2"), soft_link("a", up), folder("a"), file("a/file", "3")})},
        {"a/file=3"}, {}, "umoci");
  taken("a link to the directory that it lies in",
        {tar({soft_link("s", "."), file("s/s/s/file", "in"), soft_link("s/s", out)})},
        {"file=in", "s -> " + out});
  taken("directories and files that change places",
        {tar({folder("a"), file("a/b", "1"), file("a", "2"), folder("a"), file("a/c", "3")})},
        {"a/c=3"}, {"a/b"}, "umoci");
  taken("one name for everything in turn",
        {tar({file("n", "1"), soft_link("n", out + "/file"), folder("n"), special("n", '6'),
              file("m", "2"), hard_link("n", "m"), file("n", "3")})},
        {"n=3", "m=2"});

  // Hard links.
  for (const std::string& target :
       {out + "/file", up + "/file", std::string("../file"), std::string("."), std::string("/"),
        std::string("later"), std::string("missing/file"), std::string("folder"),
        std::string("d/..")})
    refused("a hard link to " + target.substr(0, 20),
            {tar({folder("folder"), hard_link("mine", target), file("mine", "in"),
                  file("later", "x")})});
  taken("a hard link to itself", {tar({file("a", "1"), hard_link("a", "a")})}, {"a=1"});
  refused("a hard link into what it replaces",
          {tar({folder("a"), file("a/f", "1"), hard_link("a", "a/f")})});
  taken("a hard link to a symbolic link outwards, and a file over it",
        {tar({soft_link("s", out + "/file"), hard_link("h", "s"), file("h", "in")})},
        {"h=in", "s -> " + out + "/file"}, {}, "umoci");
  taken("a hard link to a file of a lower layer, which is then replaced",
        {tar({file("a", "1")}), tar({hard_link("b", "a"), file("a", "2")})}, {"a=2", "b=1"}, {},
        "umoci");
  taken("a hard link to a file of a lower layer that is of other rights",
        {tar({file("a", "1", 0600)}), tar({{"b", '1', "", "a", 04777, {}}})}, {"a=1", "b=1"});
  {
    Entry linked = hard_link("b", "a");
    linked.content = "smuggled";
    refused("a hard link with content", {tar({file("a", "1"), linked, file("after", "2")})});
    std::vector<Entry> many = {file("f", "x")};
    for (int i = 0; i < 3000; ++i) many.push_back(hard_link("h" + std::to_string(i), "f"));
    taken("three thousand hard links", {tar(many)}, {"h2999=x"}, {}, "tar");
  }

  // Directories that sandboxes mount on, and files that programs trust.
  for (const char* name : {"proc", "sys", "dev", "tmp", "run", "workspace", "cloche"}) {
    refused(std::string("a link in the place of /") + name, {tar({soft_link(name, out)})});
    refused(std::string("a file in the place of /") + name, {tar({file(name, "x")})});
    taken(std::string("a device in the place of /") + name, {tar({special(name, '3')})}, {name});
  }
  taken("files where sandboxes mount", {tar({file("proc/self/mem", "x"), file("dev/null", "y")})},
        {"proc/self/mem=x", "dev/null=y"}, {}, "tar");
  taken("/etc as a link outwards", {tar({soft_link("etc", out)})}, {"etc -> " + out});
  taken("/home as a link outwards", {tar({soft_link("home", up)})}, {"home -> " + up});
  taken("a home that is a file", {tar({file("home", "x")})}, {"home=x"});
  taken("a home of codewarrior that leads outwards", {tar({soft_link("home/codewarrior", out)})},
        {"home/codewarrior -> " + out});
  for (const Entry& entry :
       {soft_link(".", out), file("./", "x"), soft_link("/", "/"), hard_link(".", "a"),
        special(".", '3'), special("/", '6'), file("", "x"), file(".", "x")})
    refused(std::string("a root of type ") + entry.type + " named '" + entry.name + "'",
            {tar({file("a", "x"), entry})});
  taken("a root that nobody may enter", {tar({folder("./", 0), file("a", "x")})}, {"a=x"});

  // Rights.
  for (const char type : {'3', '4', '6'})
    taken(std::string("a node of type ") + type + " and what it replaces",
          {tar({file("dev/null", "file"), file("n", "x")}),
           tar({special("dev/null", type), special("n", type), special("new/n", type, 06777)})},
          {"new"}, {"dev/null", "n", "new/n"});
  taken("set-id bits",
        {tar({file("u", "x", 04755), file("g", "x", 02755), folder("d", 07777),
              file("d/x", "x", 07777), hard_link("h", "u"), file("w", "x", 0177777),
              folder("s", 0177777)})},
        {"u", "g", "d/x", "h", "w", "s"});
  taken("attributes that give rights, in every form",
        {tar({{"f",
               '0',
               "x",
               {},
               0755,
               {{"SCHILY.xattr.security.capability", std::string("\1\0\0\2\xff\xff\xff\xff", 8)},
                {"LIBARCHIVE.xattr.security.capability", "AQAAAv////8="},
                {"LIBARCHIVE.xattr.security%2Ecapability", "AQAAAv////8="},
                {"LIBARCHIVE.xattr.user.%00trusted.x", "eA=="},
                {"SCHILY.xattr.trusted.overlay.opaque", "y"},
                {"SCHILY.xattr.trusted.overlay.redirect", "/etc"},
                {"SCHILY.xattr.user.overlay.redirect", "/etc"},
                {"SCHILY.xattr.system.posix_acl_access", "x"},
                {"SCHILY.xattr.", "empty"},
                {"SCHILY.acl.access", "user::rwx,user:root:rwx,group::rwx,mask::rwx,other::rwx"},
                {"SCHILY.fflags", "schg,uappnd"},
                {"RHT.security.selinux", "system_u:object_r:bin_t:s0"}}},
              {"d", '5', "", {}, 0755, {{"SCHILY.xattr.trusted.overlay.opaque", "y"}}}})},
        {"f=x", "d"});

  // Names.
  refused("a path of a thousand directories", {[] {
            std::string deep;
            for (int i = 0; i < 1000; ++i) deep += "d/";
            return tar({file(deep + "f", "x")});
          }()});
  shapes.back().refused = ErrorKind::too_large;
  refused("a path of five thousand bytes",
          {tar({file(std::string(2500, '/') + std::string(2500, 'n'), "")})});
  shapes.back().refused = ErrorKind::too_large;
  refused("a name of 256 bytes", {tar({file(std::string(256, 'n'), "")})});
  refused("a link target of five thousand bytes", {tar({soft_link("s", std::string(5000, 't'))})});
  refused("a link without target", {tar({soft_link("s", "")})});
  taken("names of escape sequences and newlines",
        {tar({file("\x1b[2J\x1b]0;title\x07", "1"), file("new\nline", "2"),
              file("\r\x9b"
                   "2J",
                   "3"),
              file("\xe2\x80\xae"
                   "gpj.exe",
                   "4"),
              file("\xc2\x9b"
                   "31m",
                   "5"),
              soft_link("t", "\x1b[31m\n")})},
        {"\x1b[2J\x1b]0;title\x07=1", "new\nline=2",
         "\r\x9b"
         "2J=3",
         "\xc2\x9b"
         "31m=5"},
        {}, "tar");
  for (const std::string& ugly : {std::string("\x1b[2J\n\r\x07"),
                                  std::string("\xc2\x9b"
                                              "31m"),
                                  std::string("\xff\xfe\x9b"), std::string("\xe2\x80\xae")})
    refused("an error about a name of " + std::to_string(ugly.size()) + " ugly bytes",
            {tar({file("a", ""), file("a/" + ugly, ""), hard_link(ugly, ugly + "missing")})});
  taken("names alike but for case or form",
        {tar({file("Name", "1"), file("name", "2"), file("NAME", "3"), file("\xc3\xa9", "4"),
              file("e\xcc\x81", "5")})},
        {"Name=1", "name=2", "NAME=3", "\xc3\xa9=4", "e\xcc\x81=5"}, {}, "tar");
  taken("names of blanks, dashes and wildcards",
        {tar({file(" ", "1"), file("-rf", "2"), file("*", "3"), file("a ", "4"), file("~", "5"),
              file("$(id)", "6")})},
        {" =1", "-rf=2", "*=3", "a =4", "~=5", "$(id)=6"}, {}, "tar");
  return shapes;
}

}  // namespace cloche::image::test
