#include "image/build/sbom.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cloche/error.h"
#include "image/build/license.h"
#include "image/source/document.h"
#include "image/tree.h"
#include "util/file.h"
#include "util/json.h"
#include "util/time.h"

namespace cloche::image {

namespace {

constexpr const char* kRoot = "SPDXRef-image";

// An identifier may have letters, digits, dots and dashes.
std::string identifier(const std::string& kind, const std::string& name) {
  std::string text = "SPDXRef-" + kind + "-";
  for (const char byte : name)
    text += std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '.' ? byte : '-';
  return text;
}

// A part of a package URL.
std::string encoded(const std::string& text) {
  std::string result;
  for (const char byte : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(byte)) != 0 ||
                       std::string(".-_~").find(byte) != std::string::npos;
    if (plain) {
      result += byte;
    } else {
      static const char digits[] = "0123456789ABCDEF";
      result += '%';
      result += digits[static_cast<unsigned char>(byte) >> 4];
      result += digits[static_cast<unsigned char>(byte) & 15];
    }
  }
  return result;
}

// The hexadecimal digits of "sha512-<base64>".
std::string hex_of_integrity(const std::string& integrity) {
  static const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  unsigned bits = 0;
  unsigned have = 0;
  for (const char byte : integrity.substr(integrity.find('-') + 1)) {
    const std::size_t value = alphabet.find(byte);
    if (value == std::string::npos) break;  // the padding
    bits = (bits << 6) | static_cast<unsigned>(value);
    have += 6;
    while (have >= 4 && hex.size() < 128) {
      have -= 4;
      hex += digits[(bits >> have) & 15];
    }
  }
  return hex;
}

SortedJson package_entry(const std::string& id, const std::string& name, const std::string& version,
                         const std::string& license, const std::string& purl) {
  return {{"SPDXID", id},
          {"name", name},
          {"versionInfo", version},
          {"downloadLocation", "NOASSERTION"},
          {"filesAnalyzed", false},
          {"licenseConcluded", "NOASSERTION"},
          {"licenseDeclared", license},
          {"copyrightText", "NOASSERTION"},
          {"externalRefs",
           {{{"referenceCategory", "PACKAGE-MANAGER"},
             {"referenceType", "purl"},
             {"referenceLocator", purl}}}}};
}

SortedJson relationship(const std::string& from, const std::string& type, const std::string& to) {
  return {{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}};
}

}  // namespace

std::string make_sbom(const Recipe& recipe, const std::string& content,
                      const std::vector<InstalledPackage>& packages,
                      const std::vector<std::string>& npm_licenses) {
  std::vector<std::string> references;
  SortedJson entries = SortedJson::array();
  SortedJson relationships = {relationship("SPDXRef-DOCUMENT", "DESCRIBES", kRoot)};
  SortedJson image = package_entry(kRoot, recipe.name, recipe.suite, "NOASSERTION",
                                   "pkg:oci/" + encoded(recipe.name));
  image["primaryPackagePurpose"] = "CONTAINER";
  image["comment"] = recipe.description;
  entries.push_back(std::move(image));
  const auto add = [&](SortedJson entry) {
    relationships.push_back(relationship(kRoot, "CONTAINS", entry["SPDXID"]));
    entries.push_back(std::move(entry));
  };
  for (const InstalledPackage& package : packages) {
    SortedJson entry =
        package_entry(identifier("deb", package.name + "-" + package.architecture), package.name,
                      package.version, license_expression(package.licenses, references),
                      "pkg:deb/debian/" + encoded(package.name) + "@" + encoded(package.version) +
                          "?arch=" + encoded(package.architecture) + "&distro=" + recipe.suite);
    entry["sourceInfo"] =
        "built from the source package " + package.source + " " + package.source_version;
    add(std::move(entry));
  }
  for (std::size_t i = 0; i < recipe.npm.size(); ++i) {
    const NpmPackage& package = recipe.npm[i];
    const std::string license = i < npm_licenses.size() ? npm_licenses[i] : std::string();
    std::string path = package.name;  // the scope's slash stays, its @ does not
    if (path[0] == '@') path = "%40" + path.substr(1);
    SortedJson entry = package_entry(
        identifier("npm", package.name + "-" + package.version), package.name, package.version,
        license_expression(
            license.empty() ? std::vector<std::string>() : std::vector<std::string>{license},
            references),
        "pkg:npm/" + path + "@" + encoded(package.version));
    entry["checksums"] = {
        {{"algorithm", "SHA512"}, {"checksumValue", hex_of_integrity(package.integrity)}}};
    entry["sourceInfo"] = "unpacked to " + package.to;
    add(std::move(entry));
  }
  std::sort(references.begin(), references.end());
  SortedJson extracted = SortedJson::array();
  for (const std::string& reference : references)
    extracted.push_back({{"licenseId", reference},
                         {"name", reference.substr(std::string("LicenseRef-").size())},
                         {"extractedText",
                          "See the copyright files of the packages in the image: "
                          "/usr/share/doc/PACKAGE/copyright, or the package's own directory."}});
  const SortedJson document = {
      {"spdxVersion", "SPDX-2.3"},
      {"dataLicense", "CC0-1.0"},
      {"SPDXID", "SPDXRef-DOCUMENT"},
      {"name", recipe.name},
      {"documentNamespace",
       "https://spdx.org/spdxdocs/cloche-" + recipe.name + "-" + hex_of(content)},
      {"creationInfo",
       {{"created", utc_time(recipe.source_date_epoch)}, {"creators", {"Tool: cloche"}}}},
      {"documentDescribes", {kRoot}},
      {"packages", entries},
      {"hasExtractedLicensingInfos", extracted},
      {"relationships", relationships}};
  return document.dump(1, ' ', false, SortedJson::error_handler_t::replace) + "\n";
}

std::string read_sbom(const std::string& rootfs, const std::string& name) {
  const std::string what = "read the bill of materials of the image " + name;
  const UniqueFd root(::open(rootfs.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw Error::from_errno("open " + rootfs, errno);
  // The image may come from anyone, so anything may lie at this path.
  const UniqueFd file = open_within(root.get(), kSbomPath, O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
                                    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  if (!file && errno == ENOENT)
    throw Error(ErrorKind::no_input, what + ": it has none", 0,
                "images that cloche image build makes have one");
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) > kMaxDocument)
    throw Error(ErrorKind::image_corrupt, what, 0,
                std::string("/") + kSbomPath + " is no file of at most 8 MiB");
  return read_all(file.get(), what);
}

}  // namespace cloche::image
