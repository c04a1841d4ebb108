// Checks a configuration as a whole, and the files that it names.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cloche/error.h"
#include "service/auth/token_file.h"
#include "service/config.h"
#include "service/listen_address.h"

namespace cloche::service {

namespace {

[[noreturn]] void refuse(const std::string& problem, const std::string& hint) {
  throw Error(ErrorKind::usage, "use this configuration: " + problem, 0, hint);
}

struct stat look(const std::string& path, const std::string& key) {
  const std::string tried = "read the file of " + key + ", " + path;
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0)
    throw errno == ENOENT || errno == ENOTDIR
        ? Error(ErrorKind::no_input, tried, errno, "create it, or correct " + key)
        : Error::from_errno(tried, errno);
  if (!S_ISREG(found.st_mode))
    throw Error(ErrorKind::no_input, tried, 0, "this is not a regular file");
  if (::access(path.c_str(), R_OK) != 0)
    throw Error::from_errno(tried, errno, "the user of the service must be able to read it");
  return found;
}

void check_tls(const TlsConfig& tls) {
  if (tls.certificate.empty() && tls.key.empty()) return;
  if (tls.key.empty()) refuse("there is tls.certificate without tls.key", "give both or none");
  if (tls.certificate.empty())
    refuse("there is tls.key without tls.certificate", "give both or none");
  look(tls.certificate, "tls.certificate");
  // Services may share a key through a group, so group read is allowed; access for all never is.
  if ((look(tls.key, "tls.key").st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
    throw Error(ErrorKind::denied, "use the key " + tls.key, 0,
                "others may read or change it: chmod o=,g-w " + tls.key);
}

void check_url(const std::string& url) {
  const std::string wanted =
      "give auth.url as http://HOST or https://HOST, with a port and a path if need be";
  if (url.empty()) refuse("auth.mode is introspection, but there is no auth.url", wanted);
  const auto scheme = url.find("://");
  const std::string name = url.substr(0, scheme);
  const bool bad_byte = std::any_of(url.begin(), url.end(), [](unsigned char c) {
    return c <= ' ' || c >= 127 || c == '"' || c == '\\';
  });
  if (scheme == url.npos || (name != "http" && name != "https") || bad_byte)
    refuse("auth.url is \"" + url + "\"", wanted);
  const std::string rest = url.substr(scheme + 3);
  const std::string host = rest.substr(0, rest.find('/'));
  if (host.empty() || host.front() == ':' || rest.find_first_of("?#@") != rest.npos)
    refuse("auth.url is \"" + url + "\"", wanted + "; without user, query or fragment");
}

void check_auth(const ServiceConfig& config) {
  const AuthConfig& auth = config.auth;
  // An operator who names a file of tokens expects that tokens are required.
  if (!auth.tokens.empty() && auth.mode != AuthMode::tokens)
    refuse("auth.tokens is given, but auth.mode is not tokens", "set auth.mode = \"tokens\"");
  if (!auth.url.empty() && auth.mode != AuthMode::introspection)
    refuse("auth.url is given, but auth.mode is not introspection",
           "set auth.mode = \"introspection\"");
  switch (auth.mode) {
    case AuthMode::none:
      for (const std::string& address : config.listen)
        if (!is_local(parse_listen_address(address)))
          refuse("everyone who reaches " + address + " could run code",
                 "set auth.mode to tokens or introspection, or listen on 127.0.0.1, [::1], "
                 "localhost or a unix socket");
      return;
    case AuthMode::tokens:
      if (auth.tokens.empty())
        refuse("auth.mode is tokens, but there is no auth.tokens", "name the file of tokens");
      TokenFile::read(auth.tokens, config.limits);
      return;
    case AuthMode::introspection:
      check_url(auth.url);
      return;
  }
}

void check_most(const std::string& key, std::chrono::milliseconds time, const std::string& most_key,
                std::chrono::milliseconds most) {
  if (time > most) refuse(key + " is more than " + most_key, "lower the one or raise the other");
}

}  // namespace

void check_config(const ServiceConfig& config) {
  for (const std::string& address : config.listen) parse_listen_address(address);
  check_tls(config.tls);
  check_auth(config);
  const RunsConfig& runs = config.runs;
  if (runs.memory_bytes != 0 && runs.memory_max > runs.memory_bytes)
    refuse("runs.memory_max is more than runs.memory, so that such a run could never begin",
           "lower the one or raise the other");
  if (config.eval.language.empty()) refuse("eval.language is empty", "name a language");
  check_most("eval.timeout", config.eval.timeout, "runs.timeout_max", runs.timeout_max);
  if (!config.piston.enabled) return;
  check_most("piston.run_timeout", config.piston.run_timeout, "runs.timeout_max", runs.timeout_max);
  check_most("piston.compile_timeout", config.piston.compile_timeout, "runs.compile_timeout_max",
             runs.compile_timeout_max);
}

}  // namespace cloche::service
