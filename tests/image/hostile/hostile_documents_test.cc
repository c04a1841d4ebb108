// Layouts whose documents lie.
#include "catch.h"
#include "hostile_layout.h"

using namespace cloche;
using namespace cloche::image;
using namespace cloche::image::test;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::vector<LayoutShape> document_shapes() {
  constexpr ErrorKind kCorrupt = ErrorKind::image_corrupt;
  constexpr ErrorKind kMismatch = ErrorKind::digest_mismatch;
  std::vector<LayoutShape> shapes;
  const auto add = [&shapes](const std::string& name, std::optional<ErrorKind> refused,
                             std::function<void(Good&)> spoil) {
    shapes.push_back({name, [spoil](Good& good, const Aim&) { spoil(good); }, refused, false});
  };
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  const std::string deep_objects = [] {
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += "{\"a\":";
    return text + "1" + std::string(300'000, '}');
  }();

  // oci-layout.
  for (const char* text :
       {"", "{}", "[]", "null", "{\"imageLayoutVersion\": 1}",
        "{\"imageLayoutVersion\": \"2.0.0\"}", "{\"imageLayoutVersion\": \"10.0.0\"}",
        "{\"imageLayoutVersion\": \"\\u001b[2J\"}", "{\"imageLayoutVersion\": \"1.0.0\"} x",
        "{\"imageLayoutVersion\": \"1.0.0\""})
    add(std::string("oci-layout of ") + text, kCorrupt,
        [text](Good& good) { write(good.path("oci-layout"), text); });

  // index.json.
  for (const std::string& text :
       {std::string("x"),
        std::string("[]"),
        std::string("{}"),
        std::string("{\"schemaVersion\":1}"),
        std::string("{\"schemaVersion\":2}"),
        std::string("{\"schemaVersion\":2,\"manifests\":{}}"),
        std::string("{\"schemaVersion\":2,\"manifests\":[]}"),
        std::string("{\"schemaVersion\":2,\"manifests\":[1]}"),
        std::string("{\"schemaVersion\":2,\"manifests\":[null]}"),
        std::string("{\"schemaVersion\":2,\"manifests\":[[]]}"),
        deep,
        deep_objects,
        "{\"schemaVersion\":2,\"manifests\":" + deep + "}",
        "{\"schemaVersion\":2,\"manifests\":[" + deep_objects + "]}",
        std::string("{\"schemaVersion\":2,\"manifests\":1e999}"),
        std::string(1000, '\0'),
        std::string("\xef\xbb\xbf{\"schemaVersion\":2,\"manifests\":[]}"),
        std::string("{\"schemaVersion\":2,\"manifests\":[],\"x\":\"\xff\"}"),
        std::string("{\"schemaVersion\":2,\"manifests\":[],\"x\":\"\\ud800\"}"),
        "{\"schemaVersion\":2,\"manifests\":[],\"x\":" + std::string(300'000, '1') + "}",
        std::string(9 << 20, ' ')})
    add("an index of " + text.substr(0, 60) + ", " + std::to_string(text.size()) + " bytes",
        kCorrupt, [text](Good& good) { good.index(text); });

  // Descriptors.
  struct Change {
    const char* key;
    std::string value;  // JSON
    ErrorKind refused;
  };
  const std::string zeros(64, '0');
  for (const Change& change : std::vector<Change>{
           {"size", "-1", kCorrupt},
           {"size", "0", kMismatch},
           {"size", "1", kMismatch},
           {"size", "1e3", kCorrupt},
           {"size", "1.5", kCorrupt},
           {"size", "\"100\"", kCorrupt},
           {"size", "null", kCorrupt},
           {"size", "9223372036854775807", kCorrupt},
           {"size", "9223372036854775808", kCorrupt},
           {"size", "18446744073709551615", kCorrupt},
           {"size", "99999999999999999999999999999", kCorrupt},
           {"size", "8388608", kMismatch},
           {"digest", "\"sha256:" + zeros + "\"", kCorrupt},
           {"digest", "\"sha256:../../../aim/file\"", kCorrupt},
           {"digest", "\"sha256:" + std::string(61, '0') + "/..\"", kCorrupt},
           {"digest", "\"sha256:" + std::string(64, 'A') + "\"", kCorrupt},
           {"digest", "\"sha256:" + zeros + "0\"", kCorrupt},
           {"digest", "\"sha256:" + zeros + "\\u0000\"", kCorrupt},
           {"digest", "\"sha512:" + zeros + zeros + "\"", kCorrupt},
           {"digest", "\"md5:" + std::string(32, '0') + "\"", kCorrupt},
           {"digest", "\"../../aim/file\"", kCorrupt},
           {"digest", "\"\"", kCorrupt},
           {"digest", "\"sha256:\"", kCorrupt},
           {"digest", "\"\\u001b[2J\\n\\u009b31m\\u202e\"", kCorrupt},
           {"digest", "7", kCorrupt},
           {"digest", "[]", kCorrupt},
           {"mediaType", "\"\"", kCorrupt},
           {"mediaType", "null", kCorrupt},
           {"mediaType", "\"application/json\"", kCorrupt},
           {"mediaType", "\"\\u001b]0;title\\u0007\\r\\n\\u009b2J\"", kCorrupt},
           {"mediaType", "\"application/vnd.docker.distribution.manifest.v1+prettyjws\"", kCorrupt},
           {"mediaType", "\"application/vnd.oci.artifact.manifest.v1+json\"", kCorrupt}}) {
    const std::string named = std::string(change.key) + " " + change.value.substr(0, 50);
    add("a manifest of " + named, change.refused, [change](Good& good) {
      good.layout.manifests[0][change.key] = "CHANGED";
      const Json index = {{"schemaVersion", 2}, {"manifests", good.layout.manifests}};
      good.index(replaced(index.dump(), "\"CHANGED\"", change.value));
    });
    for (const char* role : {"config", "layers"}) {
      // The size of a layer may be that of any blob.
      const bool layer = std::string(role) == "layers";
      const ErrorKind refused =
          layer && change.value == "9223372036854775807" ? kMismatch : change.refused;
      add(std::string(role) + " of " + named, refused, [change, role, layer](Good& good) {
        Json manifest = good.document(good.manifest);
        (layer ? manifest[role][0] : manifest[role])[change.key] = "CHANGED";
        good.replace(replaced(manifest.dump(), "\"CHANGED\"", change.value));
      });
    }
  }

  // One blob with two roles.
  add("a manifest that is its configuration", kCorrupt, [](Good& good) {
    Json manifest = good.document(good.manifest);
    manifest["config"] = good.manifest;
    good.replace(manifest.dump());
  });
  add("a manifest as a configuration, by its type", kCorrupt, [](Good& good) {
    Json manifest = good.document(good.manifest);
    manifest["config"] = good.manifest;
    manifest["config"]["mediaType"] = kConfig;
    good.replace(manifest.dump());
  });
  add("a configuration as a layer", kMismatch, [](Good& good) {
    Json manifest = good.document(good.manifest);
    manifest["layers"][0] = manifest["config"];
    manifest["layers"][0]["mediaType"] = kLayer;
    good.replace(manifest.dump());
  });
  add("a layer as a configuration", kCorrupt, [](Good& good) {
    Json manifest = good.document(good.manifest);
    manifest["config"] = manifest["layers"][0];
    manifest["config"]["mediaType"] = kConfig;
    good.replace(manifest.dump());
  });
  add("a manifest as an index", kCorrupt,
      [](Good& good) { good.replace(read(good.blob_path(good.manifest)), kIndex); });
  add("an index as a manifest", kCorrupt, [](Good& good) {
    good.replace(Json{{"schemaVersion", 2}, {"manifests", {good.manifest}}}.dump());
  });
  add("one layer three times", std::nullopt, [](Good& good) {
    for (int i = 0; i < 2; ++i) {
      good.layout.layers.push_back(good.layout.layers[0]);
      good.layout.diff_ids.push_back(good.layout.diff_ids[0]);
    }
    good.layout.manifests = Json::array();
    good.layout.finish("tag");
  });
  add("a manifest and an index at once", kCorrupt, [](Good& good) {
    Json manifest = good.document(good.manifest);
    manifest["manifests"] = Json::array({good.manifest});
    good.replace(manifest.dump());
  });
  add("a manifest of schema 1", kCorrupt, [](Good& good) {
    Json manifest = good.document(good.manifest);
    manifest["fsLayers"] = Json::array();
    good.replace(manifest.dump());
  });
  add("a manifest that calls itself an index", kCorrupt, [](Good& good) {
    Json manifest = good.document(good.manifest);
    manifest["mediaType"] = kIndex;
    good.replace(manifest.dump());
  });

  // One key twice: two programs could see two different images.
  for (const char* key : {"config", "layers", "schemaVersion"})
    add(std::string("a manifest with two of ") + key, kCorrupt, [key](Good& good) {
      const Json manifest = good.document(good.manifest);
      const std::string text = manifest.dump();
      good.replace(text.substr(0, text.size() - 1) + ",\"" + key + "\":" + manifest[key].dump() +
                   "}");
    });
  add("an index with two of manifests", kCorrupt, [](Good& good) {
    const std::string text = read(good.path("index.json"));
    good.index(text.substr(0, text.size() - 1) + ",\"manifests\":[]}");
  });
  add("a descriptor with two digests", kCorrupt, [](Good& good) {
    good.index(replaced(read(good.path("index.json")), "{\"annotations\"",
                        "{\"digest\":\"sha256:" + std::string(64, '0') + "\",\"annotations\""));
  });
  add("a configuration with two of rootfs", kCorrupt, [](Good& good) {
    const Json config = good.document(good.document(good.manifest)["config"]);
    const std::string text = config.dump();
    good.replace_config(text.substr(0, text.size() - 1) + ",\"rootfs\":{}}");
  });
  add("two of one key written in two ways", kCorrupt, [](Good& good) {
    const std::string text = read(good.blob_path(good.manifest));
    good.replace(text.substr(0, text.size() - 1) + ",\"l\\u0061yers\":[]}");
  });

  // Indexes.
  add("an index in an index, three times", std::nullopt, [](Good& good) {
    Json inner = good.manifest;
    for (int i = 0; i < 3; ++i)
      inner = good.layout.blob(Json{{"schemaVersion", 2}, {"manifests", {inner}}}.dump(), kIndex);
    good.layout.manifests = Json::array();
    good.layout.list(inner, "tag");
  });
  add("an index in an index, a hundred times", kCorrupt, [](Good& good) {
    Json inner = good.manifest;
    for (int i = 0; i < 100; ++i)
      inner = good.layout.blob(Json{{"schemaVersion", 2}, {"manifests", {inner}}}.dump(), kIndex);
    good.layout.manifests = Json::array();
    good.layout.list(inner, "tag");
  });
  add("index.json in itself", kMismatch, [](Good& good) {
    Json loop = {{"schemaVersion", 2}, {"manifests", Json::array()}};
    const std::string name = good.layout.path() + "/blobs/sha256/" + std::string(64, 'a');
    loop["manifests"].push_back(
        {{"mediaType", kIndex}, {"digest", "sha256:" + std::string(64, 'a')}, {"size", 0}});
    loop["manifests"][0]["size"] = loop.dump().size() + 2;
    good.index(loop.dump());
    write(name, loop.dump());
  });
  add("an index of ten thousand images", std::nullopt, [](Good& good) {
    Json many = Json::array();
    for (int i = 0; i < 10'000; ++i) many.push_back(good.manifest);
    good.index(Json{{"schemaVersion", 2}, {"manifests", many}}.dump());
  });
  add("two images of one tag", ErrorKind::usage, [](Good& good) {
    good.layout.list(good.layout.manifest({{"author", "another"}}), "tag");
  });
  add("tags that move the cursor", ErrorKind::usage, [](Good& good) {
    good.layout.manifests = Json::array();
    good.layout.list(good.manifest,
                     "\x1b[2J\n\x7f\xc2\x9b"
                     "31m");
    good.layout.list(good.layout.manifest({{"author", "another"}}), "../../\xe2\x80\xae");
  });
  add("a platform that moves the cursor", ErrorKind::unsupported, [](Good& good) {
    Json manifest = good.manifest;
    manifest["platform"] = {{"os", "linux"},
                            {"architecture",
                             "\x1b[2J\xc2\x9b"
                             "31m"}};
    good.layout.manifests = Json::array();
    good.layout.list(manifest);
  });
  add("a platform that is no object", std::nullopt, [](Good& good) {
    Json manifest = good.manifest;
    manifest["platform"] = 7;
    manifest["annotations"] = "x";
    good.layout.manifests = Json::array({manifest});
    good.index(Json{{"schemaVersion", 2}, {"manifests", {manifest}}}.dump());
  });

  // Layers and configuration.
  add("fewer diff_ids than layers", kCorrupt,
      [](Good& good) { good.replace_config(R"({"rootfs": {"type": "layers", "diff_ids": []}})"); });
  add("a wrong diff_id", kMismatch, [](Good& good) {
    good.replace_config(Json{{"rootfs", {{"type", "layers"}, {"diff_ids", {digest("x")}}}}}.dump());
  });
  for (const char* text :
       {"null", "[]", "{}", R"({"rootfs": null})", R"({"rootfs": []})",
        R"({"rootfs": {"type": "other", "diff_ids": []}})", R"({"rootfs": {"type": "layers"}})",
        R"({"rootfs": {"type": "layers", "diff_ids": "x"}})",
        R"({"rootfs": {"type": "layers", "diff_ids": ["../../x"]}})",
        R"({"rootfs": {"type": "\u001b[2J\u009b", "diff_ids": []}})"})
    add(std::string("a configuration of ") + text, kCorrupt,
        [text](Good& good) { good.replace_config(text); });
  for (const char* text : {R"({"Env": 1})", R"({"Env": [1]})", R"({"Cmd": "x"})", R"({"User": []})",
                           R"({"WorkingDir": {}})", R"({"Entrypoint": [null]})"})
    add(std::string("a configuration with ") + text, kCorrupt, [text](Good& good) {
      Json config = good.document(good.document(good.manifest)["config"]);
      config["config"] = Json::parse(text);
      good.replace_config(config.dump());
    });
  for (const char* os : {"windows", "\x1b[2J\xc2\x9b"})
    add(std::string("a configuration for ") + os, ErrorKind::unsupported, [os](Good& good) {
      Json config = good.document(good.document(good.manifest)["config"]);
      config["os"] = os;
      good.replace_config(config.dump());
    });
  add("two thousand times one layer", kCorrupt, [](Good& good) {
    for (int i = 0; i < 2000; ++i) {
      good.layout.layers.push_back(good.layout.layers[0]);
      good.layout.diff_ids.push_back(good.layout.diff_ids[0]);
    }
    good.layout.manifests = Json::array();
    good.layout.finish("tag");
  });
  return shapes;
}

}  // namespace

TEST_CASE("layouts of hostile documents") {
  judge_all(document_shapes());
}
