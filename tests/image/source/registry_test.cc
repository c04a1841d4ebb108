// Images from a real registry, and from one that does not exist.

#include "registry.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "image/fixture.h"
#include "image/snapshot.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

bool no_registry() {
  return missing("skopeo") || missing("docker-registry");
}

std::string a_layout(const Directory& directory, const std::string& name = "layout") {
  Layout layout(directory / name);
  layout.layer(tar({folder("d"), file("d/gone", "1"), file("d/kept", "2", 0755)}));
  layout.layer(tar({file("d/.wh.gone", ""), file("name", name)}));
  layout.finish("tag");
  return layout.path();
}

// The system's policy, if there is one, allows unsigned images, so tests need no policy of their
// own.
PullOptions plain() {
  PullOptions options;
  options.tls_verify = false;
  return options;
}

}  // namespace

TEST_CASE("an image that was pushed to a registry comes back unchanged") {
  if (no_registry()) return;
  Directory directory;
  Store store(directory / "store");
  const Image direct = store.import(a_layout(directory), "direct");
  Registry registry(directory);
  registry.push(directory / "layout", "my/image:1");
  std::uint64_t most = 0;
  PullOptions options = plain();
  options.progress = [&](const std::string& what, std::uint64_t, std::uint64_t of) {
    if (what == "fetching") most = of;
  };
  const Image pulled =
      store.pull("docker://" + registry.address() + "/my/image:1", "pulled", options);
  CHECK(pulled.digest == direct.digest);
  CHECK(most == direct.layers[0].size + direct.layers[1].size);
  CHECK(store.verify("pulled").empty());
  CHECK(listing(store.path() + "/tmp").empty());

  // As Docker stores it: the same files with another manifest.
  registry.push(directory / "layout", "my/image:docker", "v2s2");
  const Image docker =
      store.pull("docker://" + registry.address() + "/my/image:docker", "docker", plain());
  CHECK(listing(docker.rootfs) == listing(direct.rootfs));

  // Exported again.
  store.export_to("pulled", directory / "out", "tag");
  registry.push(directory / "out", "my/image:2");
  CHECK(store.pull("docker://" + registry.address() + "/my/image:2", "again", plain()).digest ==
        direct.digest);
}

TEST_CASE("failures of a registry are distinguished, and change nothing") {
  if (no_registry()) return;
  Directory directory;
  Store store(directory / "store");
  store.import(a_layout(directory, "other"), "image");
  store.prune({});  // of a file that one layer adds and the next removes, the pool still has a name
  a_layout(directory);
  Registry registry(directory);
  registry.push(directory / "layout", "my/image:1");
  const std::string there = "docker://" + registry.address() + "/my/image:1";
  const Snapshot before = contents(store.path());
  const auto kind = [&](const std::string& reference, const PullOptions& options) {
    const Error error = error_of([&] { store.pull(reference, "pulled", options); });
    CHECK(difference(before, contents(store.path())) == "");
    CHECK_THAT(error.what(), ContainsSubstring(reference));
    return error.kind();
  };
  CHECK(kind("docker://" + registry.address() + "/my/image:2", plain()) ==
        ErrorKind::image_missing);
  CHECK(kind("docker://" + registry.address() + "/your/image:1", plain()) ==
        ErrorKind::image_missing);
  CHECK(kind("docker://127.0.0.1:1/my/image:1", plain()) == ErrorKind::unreachable);
  PullOptions trusting;
  CHECK(kind(there, trusting) == ErrorKind::unreachable);  // it has no TLS
  CHECK(kind("nonsense://x", plain()) == ErrorKind::usage);
  CHECK(kind("nothing", plain()) == ErrorKind::usage);
  PullOptions small = plain();
  small.caps.bytes = 100;
  CHECK(kind(there, small) == ErrorKind::too_large);
  PullOptions once = plain();
  once.replace = false;
  CHECK(error_of([&] { store.pull(there, "image", once); }).kind() == ErrorKind::taken);
  CHECK(difference(before, contents(store.path())) == "");
}

TEST_CASE("a registry that wants a password") {
  if (no_registry()) return;
  Directory directory;
  Store store(directory / "store");
  a_layout(directory);
  Registry registry(directory, "secret");
  registry.push(directory / "layout", "my/image:1");
  const std::string there = "docker://" + registry.address() + "/my/image:1";
  CHECK(error_of([&] { store.pull(there, "pulled", plain()); }).kind() == ErrorKind::denied);
  // The form that `skopeo login` writes: base64 of "user:secret".
  write(directory / "auth.json",
        Json{{"auths", {{registry.address(), {{"auth", "dXNlcjpzZWNyZXQ="}}}}}}.dump());
  PullOptions options = plain();
  options.authfile = directory / "auth.json";
  CHECK(read(store.pull(there, "pulled", options).rootfs + "/name") == "layout");
}

TEST_CASE("a pull that is killed at any stage leaves the store as it was") {
  if (no_registry()) return;
  Directory directory;
  Store store(directory / "store");
  a_layout(directory);
  Registry registry(directory);
  registry.push(directory / "layout", "my/image:1");
  store.import(a_layout(directory, "old"), "image");
  const std::string there = "docker://" + registry.address() + "/my/image:1";
  int moments = 0;
  for (int moment = 1;; ++moment) {
    const int status = in_child([&] {
      int told = 0;
      PullOptions options = plain();
      options.progress = [&](const std::string&, std::uint64_t, std::uint64_t) {
        if (++told == moment) ::raise(SIGKILL);
      };
      store.pull(there, "image", options);
      return 0;
    });
    if (WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      break;
    }
    ++moments;
    CHECK(read(store.find("image").rootfs + "/name") == "old");
    CHECK(store.verify("image").empty());
  }
  CHECK(moments >= 4);
  CHECK(read(store.find("image").rootfs + "/name") == "layout");
  CHECK(store.verify("image").empty());
  store.prune({});
  CHECK(listing(store.path() + "/tmp").empty());
}

TEST_CASE("credentials that skopeo may not look for are told with what to do") {
  Directory directory;
  // skopeo's message if a user has no $XDG_RUNTIME_DIR and /run/containers belongs to root.
  write(directory / "skopeo",
        "#!/bin/sh\necho 'level=fatal msg=\"getting username and password: reading JSON file "
        "\\\"/run/containers/1000/auth.json\\\": permission denied\"' >&2\nexit 1\n");
  ::chmod((directory / "skopeo").c_str(), 0755);
  const int status = in_child([&] {
    ::setenv("PATH", directory.path().c_str(), 1);
    const Error error =
        error_of([&] { Store(directory / "store").pull("docker://127.0.0.1:1/x", "x", plain()); });
    return error.hint() == "set XDG_RUNTIME_DIR, or give --authfile FILE" ? 0 : 1;
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("without skopeo the error says how to get it") {
  Directory directory;
  const int status = in_child([&] {
    // Debian's directories for root are also searched, so the name must exist nowhere.
    ::setenv("PATH", directory.path().c_str(), 1);
    try {
      Store(directory / "store").pull("docker://127.0.0.1:1/x", "x", plain());
    } catch (const Error& error) {
      return error.kind() == ErrorKind::unsupported &&
                     error.hint().find("apt-get install skopeo") != std::string::npos
                 ? 0
                 : 1;
    }
    return 2;
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
