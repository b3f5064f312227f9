// The ledger's numbers for Prometheus.
#pragma once

#include "common/ledger/ledger.h"
#include "common/metrics/metrics.h"

namespace jinqi::rpc {

// jinqi_ledger_*: batches, commands, replays, reruns and refusals since the start, what waits, the longest decision.
// The ledger must live as long as the metrics are read.
void WatchLedger(metrics::Metrics& metrics, const ledger::Ledger& ledger);

}  // namespace jinqi::rpc
