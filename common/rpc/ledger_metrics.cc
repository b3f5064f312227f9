#include "common/rpc/ledger_metrics.h"

#include <memory>

namespace jinqi::rpc {

void WatchLedger(metrics::Metrics& metrics, const ledger::Ledger& ledger) {
  struct Numbers {
    metrics::Follower batches;
    metrics::Follower commands;
    metrics::Follower replays;
    metrics::Follower reruns;
    metrics::Follower refused;
    metrics::Gauge& waiting;
    metrics::Gauge& decide;
  };
  const auto counter = [&metrics](const char* name, const char* help) {
    return metrics::Follower(metrics.MakeCounter(name, help));
  };
  auto numbers = std::make_shared<Numbers>(Numbers{
      counter("jinqi_ledger_batches_total", "Commits."),
      counter("jinqi_ledger_commands_total", "Commands that were committed."),
      counter("jinqi_ledger_replays_total", "Commands answered with what was stored under their request id."),
      counter("jinqi_ledger_reruns_total", "Commands that were run again after a conflict or for further records."),
      counter("jinqi_ledger_refused_total", "Commands that a rule refused."),
      metrics.MakeGauge("jinqi_ledger_waiting", "Commands that wait for a batch."),
      metrics.MakeGauge("jinqi_ledger_decide_max_seconds", "The longest decision since the start."),
  });
  metrics.OnScrape([numbers, &ledger] {
    const ledger::Counters counters = ledger.counters();
    numbers->batches.Set(static_cast<double>(counters.batches));
    numbers->commands.Set(static_cast<double>(counters.commands));
    numbers->replays.Set(static_cast<double>(counters.replays));
    numbers->reruns.Set(static_cast<double>(counters.reruns));
    numbers->refused.Set(static_cast<double>(counters.refused));
    numbers->waiting.Set(static_cast<double>(counters.waiting));
    numbers->decide.Set(counters.decide_seconds_max);
  });
}

}  // namespace jinqi::rpc
