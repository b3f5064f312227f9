#include "common/metrics/metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>

#include <prometheus/text_serializer.h>

#include "absl/strings/str_join.h"

namespace jinqi::metrics {
namespace {

constexpr char kTypes[][10] = {"counter", "gauge", "summary", "untyped", "histogram"};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Memory {
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

Memory ReadMemory() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  statm >> pages >> resident;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return {pages * page, resident * page};
}

double OpenFiles() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  int entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  // Without `.`, `..` and the directory itself.
  return entries - 3;
}

double StartTime() {
  std::ifstream stat("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(stat)), std::istreambuf_iterator<char>());
  // The 22nd field, counted from behind the command's name, which may hold blanks.
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return 0;
  double ticks = 0;
  int field = 2;
  for (std::size_t at = end + 1; at < text.size() && field < 22; ++at) {
    if (text[at] != ' ') continue;
    if (++field == 22) std::sscanf(text.c_str() + at, " %lf", &ticks);
  }
  std::ifstream boot("/proc/stat");
  std::string word;
  double boot_time = 0;
  while (boot >> word) {
    if (word == "btime") boot >> boot_time;
  }
  return boot_time + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

const std::vector<double>& LatencyBuckets() {
  static const std::vector<double> buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return buckets;
}

const std::vector<double>& LatenessBuckets() {
  static const std::vector<double> buckets = {1, 5, 15, 60, 300, 900, 3600, 14400, 86400};
  return buckets;
}

Metrics::Metrics(std::string_view service) {
  MakeGauge("jinqi_build_info", "Always 1; what runs here.",
            {{"service", std::string(service)}, {"version", JINQI_VERSION}})
      .Set(1);
  MakeGauge("process_start_time_seconds", "When the process started, since the epoch.").Set(StartTime());
  auto cpu = std::make_shared<Follower>(
      MakeCounter("process_cpu_seconds_total", "User and system CPU time of the process in seconds."));
  Gauge& resident = MakeGauge("process_resident_memory_bytes", "Memory of the process in RAM.");
  Gauge& virtual_memory = MakeGauge("process_virtual_memory_bytes", "Address space of the process.");
  Gauge& files = MakeGauge("process_open_fds", "Open file descriptors of the process.");
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  MakeGauge("process_max_fds", "How many file descriptors the process may open.")
      .Set(static_cast<double>(limit.rlim_cur));
  OnScrape([cpu, &resident, &virtual_memory, &files] {
    cpu->Set(CpuSeconds());
    const Memory memory = ReadMemory();
    resident.Set(memory.resident_bytes);
    virtual_memory.Set(memory.virtual_bytes);
    files.Set(OpenFiles());
  });
}

Counter& Metrics::MakeCounter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

Gauge& Metrics::MakeGauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

Histogram& Metrics::MakeHistogram(const std::string& name, const std::string& help, const Labels& labels,
                                  const std::vector<double>& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, buckets);
}

void Metrics::OnScrape(std::function<void()> update) {
  absl::MutexLock lock(&mutex_);
  updates_.push_back(std::move(update));
}

std::vector<prometheus::MetricFamily> Metrics::Collect() {
  absl::MutexLock lock(&mutex_);
  for (const auto& update : updates_) update();
  return registry_.Collect();
}

std::string Metrics::Scrape() { return prometheus::TextSerializer().Serialize(Collect()); }

std::string Metrics::NamesTypesLabels() {
  std::set<std::string> lines;
  for (const prometheus::MetricFamily& family : Collect()) {
    std::set<std::string> labels;
    for (const auto& metric : family.metric) {
      for (const auto& label : metric.label) labels.insert(label.name);
    }
    lines.insert(family.name + " " + kTypes[static_cast<int>(family.type)] + " " + absl::StrJoin(labels, ",") + "\n");
  }
  return absl::StrJoin(lines, "");
}

void Follower::Set(double total) {
  if (total > last_) counter_->Increment(total - last_);
  last_ = total;
}

}  // namespace jinqi::metrics
