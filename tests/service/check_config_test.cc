#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "cloche/error.h"
#include "directory.h"
#include "service/config.h"

using namespace cloche;
using namespace cloche::service;
using namespace std::chrono_literals;
using service_test::complaint;
using service_test::Directory;

namespace {

std::string told(const ServiceConfig& config) {
  return complaint([&] { check_config(config); });
}

const std::string kTokens = "me sha256:" + std::string(64, '0') + "\n";

}  // namespace

TEST_CASE("the default configuration is good") {
  check_config(ServiceConfig{});
}

TEST_CASE("everyone is let in only where nobody else can come from") {
  ServiceConfig config;
  config.listen = {"127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/x"};
  check_config(config);
  for (const char* const address : {"0.0.0.0:80", "[::]:80", "code.example.org:80"}) {
    config.listen = {"127.0.0.1:1", address};
    CHECK_THAT(told(config),
               ContainsSubstring("everyone who reaches " + std::string(address) + " could run"));
  }
  const Directory directory;
  config.auth.mode = AuthMode::tokens;
  config.auth.tokens = directory.file("tokens", kTokens);
  check_config(config);
  config.listen = {"nothing"};
  CHECK_THAT(told(config), ContainsSubstring("listen on \"nothing\""));
}

TEST_CASE("tokens need their file, and the file its mode") {
  const Directory directory;
  ServiceConfig config;
  config.auth.mode = AuthMode::tokens;
  CHECK_THAT(told(config), ContainsSubstring("there is no auth.tokens"));
  config.auth.tokens = directory.path() + "/none";
  CHECK_THAT(told(config), ContainsSubstring(config.auth.tokens + ": No such file"));
  config.auth.tokens = directory.path();
  CHECK_THAT(told(config), ContainsSubstring("not a regular file"));
  config.auth.tokens = directory.file("tokens", "me\n");
  CHECK_THAT(told(config), ContainsSubstring("line 1: after the name me there is no hash"));
  config.auth.tokens = directory.file("tokens", kTokens);
  check_config(config);
  config.auth.mode = AuthMode::none;
  CHECK_THAT(told(config), ContainsSubstring("auth.tokens is given, but auth.mode is not tokens"));
}

TEST_CASE("introspection needs a good URL") {
  ServiceConfig config;
  config.auth.mode = AuthMode::introspection;
  CHECK_THAT(told(config), ContainsSubstring("there is no auth.url"));
  for (const char* const url : {"http://users", "https://users.example.org:8443/base",
                                "http://[::1]:5000", "http://127.0.0.1:5000/"}) {
    config.auth.url = url;
    check_config(config);
  }
  for (const char* const url :
       {"users", "ftp://users", "http://", "http:///x", "http://:80", "http://a b", "http://a\r\nX",
        "http://me:secret@users", "http://users?x=1", "http://users#a", "http://us\xc3\xa9rs"}) {
    config.auth.url = url;
    CHECK_THAT(told(config), ContainsSubstring("give auth.url as http://HOST"));
  }
  config.auth = {};
  config.auth.url = "http://users";
  CHECK_THAT(told(config), ContainsSubstring("auth.mode is not introspection"));
}

TEST_CASE("TLS needs both halves, and keeps its key") {
  const Directory directory;
  ServiceConfig config;
  config.tls.certificate = directory.file("certificate", "x");
  CHECK_THAT(told(config), ContainsSubstring("tls.certificate without tls.key"));
  config.tls.key = directory.file("key", "x");
  check_config(config);
  config.tls.certificate.clear();
  CHECK_THAT(told(config), ContainsSubstring("tls.key without tls.certificate"));
  config.tls.certificate = directory.path() + "/none";
  CHECK_THAT(told(config), ContainsSubstring("tls.certificate, " + directory.path() + "/none: No"));
  config.tls.certificate = directory.path();
  CHECK_THAT(told(config), ContainsSubstring("tls.certificate, " + directory.path() +
                                             " (this is not a regular file)"));
  config.tls.certificate = directory.file("certificate", "x");
  for (const mode_t mode : {0604, 0602, 0620}) {
    REQUIRE(::chmod(config.tls.key.c_str(), mode) == 0);
    CHECK_THAT(told(config), ContainsSubstring("others may read or change it: chmod o=,g-w"));
  }
  REQUIRE(::chmod(config.tls.key.c_str(), 0640) == 0);
  check_config(config);
  if (::geteuid() == 0) return;  // root may read everything
  REQUIRE(::chmod(config.tls.certificate.c_str(), 0) == 0);
  CHECK_THAT(told(config), ContainsSubstring("Permission denied"));
}

TEST_CASE("limits that contradict each other are refused") {
  ServiceConfig config;
  config.runs.memory_bytes = 1u << 30;
  CHECK_THAT(told(config), ContainsSubstring("runs.memory_max is more than runs.memory"));
  config = {};
  config.eval.timeout = 61s;
  CHECK_THAT(told(config), ContainsSubstring("eval.timeout is more than runs.timeout_max"));
  config = {};
  config.eval.language.clear();
  CHECK_THAT(told(config), ContainsSubstring("eval.language is empty"));
  config = {};
  config.piston.run_timeout = 61s;
  CHECK_THAT(told(config), ContainsSubstring("piston.run_timeout is more than runs.timeout_max"));
  config.piston.enabled = false;
  check_config(config);
  config = {};
  config.piston.compile_timeout = 121s;
  CHECK_THAT(told(config), ContainsSubstring("more than runs.compile_timeout_max"));
}
