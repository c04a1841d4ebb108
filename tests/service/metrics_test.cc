#include "service/metrics.h"

#include <cmath>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "catch.h"
#include "directory.h"
#include "util/lookup.h"

using cloche::service::Metrics;
using namespace std::chrono_literals;

namespace {

// The samples of a text, by name and labels as written. Fails if the text breaks the format: each
// family once, HELP and TYPE before its samples, all samples of a family together.
std::map<std::string, double> samples(const std::string& text) {
  static const std::regex line_form(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)((?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\["\\n])*",?)*\})?) (\S+))");
  std::map<std::string, double> values;
  std::set<std::string> families;
  std::string family, type, line;
  REQUIRE(text.ends_with('\n'));
  std::istringstream lines(text);
  while (std::getline(lines, line)) {
    CAPTURE(line);
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
      CHECK(line.size() > 7 + family.size() + 1);
      REQUIRE(std::getline(lines, line));
      REQUIRE(line.starts_with("# TYPE " + family + " "));
      type = line.substr(8 + family.size());
      CHECK((type == "counter" || type == "gauge" || type == "histogram"));
      CHECK(family.ends_with("_total") == (type == "counter"));
      continue;
    }
    std::smatch match;
    REQUIRE(std::regex_match(line, match, line_form));
    const std::string name = match[1];
    const bool of_family =
        name == family ||
        (type == "histogram" &&
         (name == family + "_bucket" || name == family + "_sum" || name == family + "_count"));
    CHECK(of_family);
    std::size_t end = 0;
    const double value = std::stod(match[3], &end);
    CHECK(end == static_cast<std::size_t>(match[3].length()));
    CHECK(values.emplace(name + match[2].str(), value).second);
  }
  return values;
}

void fill(Metrics& metrics) {
  metrics.count_request("/eval", 200);
  metrics.count_request("/eval", 200);
  metrics.count_request("/eval", 429);
  metrics.count_run("python", "ok");
  metrics.add_phase("compile", 1500ms);
  metrics.add_phase("compile", 1ms);
  metrics.add_phase("compile", 61s);
  metrics.add_phase("run", 1us);
  metrics.add_duration("/eval", 20ms);
  metrics.count_refusal("rate");
  metrics.count_worker_death();
}

}  // namespace

TEST_CASE("a service that did nothing has its figures, all 0") {
  const auto values = samples(Metrics().render({}));
  CHECK(values.at("cloche_queue_length") == 0);
  CHECK(values.at("cloche_worker_deaths_total") == 0);
  for (const auto& [name, value] : values) CHECK(value == 0);
}

TEST_CASE("the metrics count every event") {
  Metrics metrics;
  fill(metrics);
  const auto values = samples(metrics.render({1, 2, 3, 4, 5, 6, 7, true}));
  CHECK(values.at(R"(cloche_requests_total{route="/eval",status="200"})") == 2);
  CHECK(values.at(R"(cloche_requests_total{route="/eval",status="429"})") == 1);
  CHECK(values.at(R"(cloche_runs_total{language="python",verdict="ok"})") == 1);
  CHECK(values.at(R"(cloche_refusals_total{reason="rate"})") == 1);
  CHECK(values.at(R"(cloche_request_seconds_count{route="/eval"})") == 1);
  CHECK(values.at("cloche_worker_deaths_total") == 1);
  CHECK(values.at("cloche_queue_length") == 1);
  CHECK(values.at("cloche_running") == 2);
  CHECK(values.at("cloche_workers") == 3);
  CHECK(values.at("cloche_connections") == 4);
  CHECK(values.at("cloche_memory_reserved_bytes") == 5);
  CHECK(values.at("cloche_images") == 6);
  CHECK(values.at("cloche_image_store_bytes") == 7);
  CHECK(values.at("cloche_draining") == 1);
}

TEST_CASE("a histogram counts what was at most so much") {
  Metrics metrics;
  fill(metrics);
  const auto values = samples(metrics.render({}));
  const auto bucket = [&](const std::string& phase, const std::string& bound) {
    return values.at("cloche_phase_seconds_bucket{phase=\"" + phase + "\",le=\"" + bound + "\"}");
  };
  CHECK(bucket("compile", "0.001") == 1);
  CHECK(bucket("compile", "1") == 1);
  CHECK(bucket("compile", "2") == 2);
  CHECK(bucket("compile", "60") == 2);
  CHECK(bucket("compile", "+Inf") == 3);
  CHECK(bucket("run", "0.001") == 1);
  CHECK(values.at(R"(cloche_phase_seconds_count{phase="compile"})") == 3);
  CHECK(std::abs(values.at(R"(cloche_phase_seconds_sum{phase="compile"})") - 62.501) < 1e-9);
  CHECK(values.at(R"(cloche_phase_seconds_sum{phase="run"})") == 1e-6);
}

TEST_CASE("labels are escaped") {
  Metrics metrics;
  metrics.count_run("a\"b\\c\nd", "\xc3\xa9,}");
  const auto values = samples(metrics.render({}));
  CHECK(values.at("cloche_runs_total{language=\"a\\\"b\\\\c\\nd\",verdict=\"\xc3\xa9,}\"}") == 1);
}

TEST_CASE("several threads may count") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&metrics] {
      for (int round = 0; round < 500; ++round) fill(metrics);
    });
  for (auto& thread : threads) thread.join();
  const auto values = samples(metrics.render({}));
  CHECK(values.at(R"(cloche_requests_total{route="/eval",status="200"})") == 4000);
  CHECK(values.at(R"(cloche_phase_seconds_count{phase="run"})") == 2000);
}

TEST_CASE("Prometheus reads the figures, where its tool is installed") {
  if (cloche::find_program("promtool").empty()) return;
  const service_test::Directory directory;
  Metrics metrics;
  fill(metrics);
  const std::string file = directory.file("metrics", metrics.render({1, 2, 3, 4, 5, 6, 7, true}));
  CHECK(std::system(("promtool check metrics <" + file).c_str()) == 0);
}
