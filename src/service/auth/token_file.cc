#include "service/auth/token_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "cloche/error.h"
#include "util/fd.h"
#include "util/file.h"

namespace cloche::service {

namespace {

constexpr std::string_view kHash = "sha256:";
// A lookup compares a token with all entries, so the file must stay small.
constexpr off_t kLargestTokenFile = 1 << 20;
constexpr double kMostRate = 1e6;
constexpr std::uint32_t kMostCount = 1'000'000;

struct Line {
  const std::string& document;
  std::size_t number = 0;
  std::vector<std::string_view> words;

  [[noreturn]] void fail(const std::string& problem, const std::string& hint = {}) const {
    throw Error(ErrorKind::bad_data,
                "read " + document + ": line " + std::to_string(number) + ": " + problem, 0, hint);
  }
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The words of a line up to a comment.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = static_cast<std::size_t>(
        std::find_if(line.begin() + static_cast<std::ptrdiff_t>(at), line.end(), is_blank) -
        line.begin());
    if (line[at] == '#') break;
    if (end > at) words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool is_name(std::string_view word) {
  constexpr std::size_t kMost = 64;
  return word.size() <= kMost && word.front() != '-' &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '@' || c == '-';
         });
}

std::optional<Digest> digest_of(std::string_view word) {
  Digest digest;
  if (!word.starts_with(kHash)) return std::nullopt;
  word.remove_prefix(kHash.size());
  if (word.size() != 2 * digest.size()) return std::nullopt;
  for (unsigned char& byte : digest) {
    const auto [rest, failed] = std::from_chars(word.data(), word.data() + 2, byte, 16);
    if (failed != std::errc() || rest != word.data() + 2) return std::nullopt;
    word.remove_prefix(2);
  }
  return digest;
}

template <typename Number>
Number number_of(const Line& line, std::string_view option, std::string_view text, Number least,
                 Number most, const std::string& wanted) {
  Number number{};
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || rest != text.data() + text.size() ||
      !(number >= least && number <= most))
    line.fail(std::string(option) + "=" + std::string(text.substr(0, 40)), "give " + wanted);
  return number;
}

void read_option(const Line& line, std::string_view word, TokenEntry& entry) {
  const std::string_view name = word.substr(0, word.find('='));
  const bool has_value = name.size() < word.size();
  const std::string_view value = has_value ? word.substr(name.size() + 1) : "";
  if (word == "operator")
    entry.is_operator = true;
  else if (has_value && name == "rate")
    entry.limits.rate =
        number_of(line, name, value, 0.0, kMostRate, "runs a second, from 0 to 1000000");
  else if (has_value && name == "burst")
    entry.limits.burst = number_of(line, name, value, std::uint32_t{1}, kMostCount,
                                   "a whole number from 1 to 1000000");
  else if (has_value && name == "concurrent")
    entry.limits.concurrent = number_of(line, name, value, std::uint32_t{0}, kMostCount,
                                        "a whole number from 0 to 1000000");
  else
    line.fail("unknown word after the hash", "known: rate=N, burst=N, concurrent=N, operator");
}

TokenEntry entry_of(const Line& line, const CallerLimits& defaults) {
  TokenEntry entry;
  entry.limits = defaults;
  if (!is_name(line.words[0]))
    line.fail("the name is not valid",
              "1 to 64 letters, digits, '.', '_', '@' and '-', beginning with no '-'");
  entry.name = line.words[0];
  const auto digest = line.words.size() < 2 ? std::nullopt : digest_of(line.words[1]);
  if (!digest)
    line.fail("after the name " + entry.name + " there is no hash",
              "\"sha256:\" and 64 hexadecimal digits; never the token itself");
  entry.digest = *digest;
  std::vector<std::string_view> seen;
  for (std::size_t i = 2; i < line.words.size(); ++i) {
    const std::string_view name = line.words[i].substr(0, line.words[i].find('='));
    read_option(line, line.words[i], entry);
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      line.fail(std::string(name) + " is given twice");
    seen.push_back(name);
  }
  return entry;
}

// Fails if two entries have the same `what`, and names both lines.
template <typename Of>
void demand_different(const std::vector<TokenEntry>& entries, const std::vector<std::size_t>& lines,
                      const std::string& document, const std::string& what, Of of) {
  std::vector<std::size_t> order(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
    return of(entries[one]) < of(entries[other]);
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (of(entries[order[i - 1]]) != of(entries[order[i]])) continue;
    Line{document, lines[order[i]], {}}.fail("the same " + what + " as in line " +
                                             std::to_string(lines[order[i - 1]]));
  }
}

}  // namespace

TokenFile TokenFile::parse(std::string_view text, const std::string& document,
                           const CallerLimits& defaults) {
  TokenFile file;
  std::vector<std::size_t> lines;
  Line line{document, 0, {}};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    ++line.number;
    line.words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.words.empty()) continue;
    file.entries_.push_back(entry_of(line, defaults));
    lines.push_back(line.number);
  }
  if (file.entries_.empty())
    throw Error(ErrorKind::bad_data, "read " + document + ": it holds no token", 0,
                "a line is NAME sha256:HASH");
  demand_different(file.entries_, lines, document, "name",
                   [](const TokenEntry& entry) { return std::string_view(entry.name); });
  demand_different(file.entries_, lines, document, "hash",
                   [](const TokenEntry& entry) { return entry.digest; });
  return file;
}

TokenFile TokenFile::read(const std::string& path, const CallerLimits& defaults) {
  const std::string tried = "read the tokens " + path;
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd)
    throw errno == ENOENT || errno == ENOTDIR ? Error(ErrorKind::no_input, tried, errno)
                                              : Error::from_errno(tried, errno);
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) throw Error::from_errno(tried, errno);
  if (!S_ISREG(found.st_mode))
    throw Error(ErrorKind::no_input, tried, 0, "this is not a regular file");
  if (found.st_uid != 0 && found.st_uid != ::geteuid())
    throw Error(ErrorKind::denied, tried, 0,
                "it must belong to root or to the user of the service; its owner could let anyone "
                "in: chown root " +
                    path);
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw Error(ErrorKind::denied, tried, 0,
                "others may write it and so let anyone in: chmod go-w " + path);
  if (found.st_size > kLargestTokenFile)
    throw Error(ErrorKind::bad_data, tried, 0, "it is larger than 1 MiB");
  return parse(read_all(fd.get(), path), path, defaults);
}

const TokenEntry* TokenFile::find(std::string_view token) const {
  const Digest digest = sha256(token);
  const TokenEntry* found = nullptr;
  for (const TokenEntry& entry : entries_)
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) found = &entry;
  return found;
}

NewToken new_token() {
  Digest random;
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw Error(ErrorKind::internal, "take random bytes from OpenSSL");
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  NewToken fresh{"cloche_", {}};
  unsigned bits = 0, count = 0;
  for (const unsigned char byte : random) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) fresh.token += kAlphabet[bits >> (count - 6) & 63];
  }
  fresh.token += kAlphabet[bits << (6 - count) & 63];
  fresh.hash = std::string(kHash) + hex(sha256(fresh.token));
  return fresh;
}

}  // namespace cloche::service
