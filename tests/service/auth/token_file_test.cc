#include "service/auth/token_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "../directory.h"
#include "catch.h"
#include "cloche/error.h"

using namespace cloche;
using namespace cloche::service;
using service_test::complaint;
using service_test::Directory;

namespace {

const CallerLimits kDefaults{2.5, 20, 3};

// SHA-256 of "test" and of "" as sha256sum prints them.
const std::string kTest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const std::string kEmpty =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TokenFile parse(const std::string& text) {
  return TokenFile::parse(text, "tokens", kDefaults);
}

std::string told(const std::string& text) {
  return complaint([&] { parse(text); });
}

}  // namespace

TEST_CASE("a token is found by its hash") {
  const TokenFile file =
      parse("# who\n\n  ci\t" + kTest + " rate=0.5 concurrent=4 # the builder\r\n" +
            "admin@example.org " + kEmpty + " operator burst=1");
  REQUIRE(file.entries().size() == 2);
  const TokenEntry* const ci = file.find("test");
  REQUIRE(ci != nullptr);
  CHECK(ci->name == "ci");
  CHECK(ci->limits == CallerLimits{0.5, 20, 4});
  CHECK_FALSE(ci->is_operator);
  const TokenEntry* const admin = file.find("");
  REQUIRE(admin != nullptr);
  CHECK(admin->name == "admin@example.org");
  CHECK(admin->limits == CallerLimits{2.5, 1, 3});
  CHECK(admin->is_operator);
  CHECK(file.find("test ") == nullptr);
  CHECK(file.find("Test") == nullptr);
  CHECK(file.find(std::string_view("test\0", 5)) == nullptr);
  CHECK(file.find(kTest) == nullptr);
}

TEST_CASE("a line that is none is told by its number, and no hash is repeated") {
  const std::string good = "a " + kTest + "\n";
  CHECK_THAT(told(good + "\nb\n"), ContainsSubstring("read tokens: line 3: after the name b"));
  for (const std::string& bad :
       {std::string("cloche_secret"), kTest.substr(0, 70), kTest + "0", "sha512:" + kTest.substr(7),
        kTest.substr(0, 69) + "xy", kTest.substr(7), "sha256:" + std::string(62, '0') + "-1"}) {
    const std::string message = told("\nb " + bad + "\n");
    CAPTURE(message);
    CHECK_THAT(message, ContainsSubstring("line 2: after the name b there is no hash"));
    CHECK(message.find(bad) == message.npos);
  }
  for (const std::string& name :
       {std::string("-a"), std::string(65, 'a'), std::string("a\x1b[2J"), std::string("a,b")})
    CHECK_THAT(told(name + " " + kTest), ContainsSubstring("line 1: the name is not valid"));
  CHECK_THAT(told("a " + kTest + " admin"), ContainsSubstring("known: rate=N, burst=N"));
  CHECK_THAT(told("a " + kTest + " operator=yes"), ContainsSubstring("unknown word"));
  CHECK_THAT(told("a " + kTest + " rate"), ContainsSubstring("unknown word"));
  CHECK_THAT(told("a " + kTest + " rate=1 rate=2"), ContainsSubstring("rate is given twice"));
  for (const char* const option :
       {"rate=", "rate=-1", "rate=x", "rate=1e7", "rate=nan", "rate=inf", "burst=0", "burst=1.5",
        "burst=4294967297", "concurrent=-1", "concurrent=1000001", "concurrent=1x"})
    CHECK_THAT(told("a " + kTest + " " + option), ContainsSubstring(option));
}

TEST_CASE("names and hashes differ, and there is at least one") {
  CHECK_THAT(told(""), ContainsSubstring("it holds no token"));
  CHECK_THAT(told("# a " + kTest), ContainsSubstring("it holds no token"));
  CHECK_THAT(told("a " + kTest + "\nb " + kEmpty + "\n\na sha256:" + std::string(64, '1')),
             ContainsSubstring("line 4: the same name as in line 1"));
  std::string upper = kTest.substr(7);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK_THAT(told("a " + kTest + "\nb sha256:" + upper),
             ContainsSubstring("line 2: the same hash as in line 1"));
}

TEST_CASE("a file of tokens is refused where another could let callers in") {
  const Directory directory;
  const std::string path = directory.file("tokens", "a " + kTest + "\n");
  CHECK(TokenFile::read(path, kDefaults).entries().size() == 1);
  const auto refusal = [&] { return complaint([&] { TokenFile::read(path, kDefaults); }); };
  for (const mode_t mode : {0620, 0602, 0666}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK_THAT(refusal(), ContainsSubstring("others may write it and so let anyone in"));
  }
  // It holds hashes only.
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(TokenFile::read(path, kDefaults).entries().size() == 1);
  if (::geteuid() != 0) return;  // only root may give files away
  REQUIRE(::chown(path.c_str(), 4711, 0) == 0);
  CHECK_THAT(refusal(), ContainsSubstring("it must belong to root or to the user of the service"));
}

TEST_CASE("a path that is no file of tokens is refused without waiting") {
  const Directory directory;
  const auto refusal = [&](const std::string& path) {
    return complaint([&] { TokenFile::read(path, kDefaults); });
  };
  CHECK_THAT(refusal(directory.path() + "/none"), ContainsSubstring("No such file"));
  CHECK_THAT(refusal(directory.path()), ContainsSubstring("not a regular file"));
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(refusal(fifo), ContainsSubstring("not a regular file"));
  CHECK_THAT(refusal(directory.file("large", std::string((1 << 20) + 1, '\n'))),
             ContainsSubstring("larger than 1 MiB"));
  const std::string path = directory.file("tokens", "a\n");
  CHECK_THAT(refusal(path), ContainsSubstring("read " + path + ": line 1: "));
}

TEST_CASE("fresh tokens differ, and are known by their hashes") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const NewToken fresh = new_token();
    CHECK(fresh.token.size() == 7 + 43);
    CHECK(fresh.token.starts_with("cloche_"));
    CHECK(fresh.token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789-_") == std::string::npos);
    CHECK(parse("me " + fresh.hash).find(fresh.token) != nullptr);
    seen.insert(fresh.token);
  }
  CHECK(seen.size() == 100);
}
