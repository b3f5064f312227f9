// Numbers for Prometheus. Names end in their unit or in _total; labels are bounded and never come from a request.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace jinqi::metrics {

using Labels = std::map<std::string, std::string>;
// To be resolved once at the start and kept: making one takes a lock and an allocation.
using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;

// Upper bounds in seconds around what a call should take: 1 ms to 10 s.
const std::vector<double>& LatencyBuckets();
// For how late something may be done: 1 s to 1 day.
const std::vector<double>& LatenessBuckets();

// One per process. Thread-safe.
class Metrics {
 public:
  // With the process' own numbers (process_*) and jinqi_build_info{service,version}.
  explicit Metrics(std::string_view service);

  // The child of the family `name` with these labels; the same arguments give the same child.
  Counter& MakeCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& MakeGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& MakeHistogram(const std::string& name, const std::string& help, const Labels& labels = {},
                           const std::vector<double>& buckets = LatencyBuckets());

  // Called before each scrape, to bring gauges up to date; must be quick.
  void OnScrape(std::function<void()> update);

  // The text exposition format.
  std::string Scrape();

  // A line per family, sorted: `name type label,label` (for the golden test).
  std::string NamesTypesLabels();

 private:
  std::vector<prometheus::MetricFamily> Collect();

  prometheus::Registry registry_;
  absl::Mutex mutex_;
  std::vector<std::function<void()>> updates_ ABSL_GUARDED_BY(mutex_);
};

// A counter that follows a number which something else counts.
class Follower {
 public:
  explicit Follower(Counter& counter) : counter_(&counter) {}
  void Set(double total);

 private:
  Counter* counter_;
  double last_ = 0;
};

}  // namespace jinqi::metrics
