#include "service/metrics.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace cloche::service {

namespace {

// Seconds: from the time of a warm interpreter to the longest usual time limits.
const std::vector<double> kSeconds = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                      0.5,   1,     2,     5,    10,   20,   30,  60};

using Label = std::pair<std::string_view, std::string_view>;

// The shortest text that reads back as the same number.
std::string shown_number(double number) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof(text), number).ptr};
}

void head(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  ((((text += "# HELP ") += name) += ' ') += help) += '\n';
  ((((text += "# TYPE ") += name) += ' ') += type) += '\n';
}

void sample(std::string& text, std::string_view name, std::initializer_list<Label> labels,
            std::string_view value) {
  text += name;
  char before = '{';
  for (const auto& [label, content] : labels) {
    ((text += before) += label) += "=\"";
    for (const char c : content) {
      if (c == '\\' || c == '"') text += '\\';
      c == '\n' ? text += "\\n" : text += c;
    }
    text += '"';
    before = ',';
  }
  if (before == ',') text += '}';
  ((text += ' ') += value) += '\n';
}

void sample(std::string& text, std::string_view name, std::initializer_list<Label> labels,
            std::uint64_t value) {
  sample(text, name, labels, std::to_string(value));
}

void gauge(std::string& text, std::string_view name, std::string_view help, std::uint64_t value) {
  head(text, name, "gauge", help);
  sample(text, name, {}, value);
}

}  // namespace

void Histogram::add(double value) {
  const auto bound = std::lower_bound(bounds_->begin(), bounds_->end(), value);
  ++counts_[static_cast<std::size_t>(bound - bounds_->begin())];
  sum_ += value;
}

void Metrics::count_request(std::string_view route, int status) {
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(route), status}];
}

void Metrics::count_run(std::string_view language, std::string_view verdict) {
  const std::lock_guard lock(mutex_);
  ++runs_[{std::string(language), std::string(verdict)}];
}

void Metrics::add_phase(std::string_view phase, std::chrono::nanoseconds time) {
  const std::lock_guard lock(mutex_);
  add(phases_, phase, time);
}

void Metrics::add_duration(std::string_view route, std::chrono::nanoseconds time) {
  const std::lock_guard lock(mutex_);
  add(durations_, route, time);
}

void Metrics::count_refusal(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  ++refusals_[std::string(reason)];
}

void Metrics::count_worker_death() {
  const std::lock_guard lock(mutex_);
  ++worker_deaths_;
}

void Metrics::add(Histograms& histograms, std::string_view label, std::chrono::nanoseconds time) {
  auto known = histograms.find(label);
  if (known == histograms.end())
    known = histograms.emplace(std::string(label), Histogram(kSeconds)).first;
  known->second.add(std::max(0.0, std::chrono::duration<double>(time).count()));
}

void Metrics::write(std::string& text, std::string_view name, std::string_view label,
                    const Histograms& histograms) {
  const std::string bucket = std::string(name) + "_bucket";
  for (const auto& [content, histogram] : histograms) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
      count += histogram.counts_[i];
      const bool last = i == histogram.bounds_->size();
      sample(text, bucket,
             {{label, content}, {"le", last ? "+Inf" : shown_number((*histogram.bounds_)[i])}},
             count);
    }
    sample(text, std::string(name) + "_sum", {{label, content}}, shown_number(histogram.sum_));
    sample(text, std::string(name) + "_count", {{label, content}}, count);
  }
}

std::string Metrics::render(const Now& now) const {
  const std::lock_guard lock(mutex_);
  std::string text;
  head(text, "cloche_requests_total", "counter", "Requests answered.");
  for (const auto& [key, count] : requests_)
    sample(text, "cloche_requests_total",
           {{"route", key.first}, {"status", std::to_string(key.second)}}, count);
  head(text, "cloche_request_seconds", "histogram", "Time from a request to its answer.");
  write(text, "cloche_request_seconds", "route", durations_);
  head(text, "cloche_refusals_total", "counter", "Refused requests, by limit.");
  for (const auto& [reason, count] : refusals_)
    sample(text, "cloche_refusals_total", {{"reason", reason}}, count);

  head(text, "cloche_runs_total", "counter", "Runs ended.");
  for (const auto& [key, count] : runs_)
    sample(text, "cloche_runs_total", {{"language", key.first}, {"verdict", key.second}}, count);
  head(text, "cloche_phase_seconds", "histogram", "Time that phases of runs took.");
  write(text, "cloche_phase_seconds", "phase", phases_);

  gauge(text, "cloche_queue_length", "Runs that wait.", now.queued);
  gauge(text, "cloche_running", "Runs in sandboxes.", now.running);
  gauge(text, "cloche_memory_reserved_bytes", "Memory that these runs may take.",
        now.memory_reserved_bytes);
  gauge(text, "cloche_workers", "Worker processes alive.", now.workers);
  head(text, "cloche_worker_deaths_total", "counter", "Workers that ended unexpectedly.");
  sample(text, "cloche_worker_deaths_total", {}, worker_deaths_);
  gauge(text, "cloche_connections", "Connections open.", now.connections);
  gauge(text, "cloche_images", "Images in the store.", now.images);
  gauge(text, "cloche_image_store_bytes", "Disk space of the image store.", now.image_bytes);
  gauge(text, "cloche_draining", "1 once the service takes nothing new.", now.draining ? 1 : 0);
  return text;
}

}  // namespace cloche::service
