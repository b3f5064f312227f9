// The numbers of the queue (names of the field: asynq, Temporal), resolved once.
#pragma once

#include <string>

#include "common/metrics/metrics.h"

namespace jinqi::queue {

// Of a relay; label stream: the service that publishes.
struct RelayMetrics {
  RelayMetrics(metrics::Metrics& metrics, const std::string& source);

  // Messages that are committed and not yet in their stream, and how long ago the oldest happened.
  metrics::Gauge& unpublished;
  metrics::Gauge& oldest_age_seconds;
  metrics::Counter& published;
  // Batches that Redis refused or did not answer.
  metrics::Counter& publish_errors;
  // Streams deleted and published again.
  metrics::Counter& republished;
  // Writes refused because another relay holds the partition.
  metrics::Counter& stale;
  // Partitions that stand still because consumers have passed more than the database knows.
  metrics::Gauge& ahead;
};

// Of a consumer; labels stream: the service that publishes, group: the one that consumes.
struct ConsumerMetrics {
  ConsumerMetrics(metrics::Metrics& metrics, const std::string& source, const std::string& consumer);

  metrics::Gauge& oldest_unprocessed_age_seconds;
  metrics::Gauge& pending;
  metrics::Counter& ok;
  metrics::Counter& skipped;
  // Read again because a commit failed or another consumer was first.
  metrics::Counter& retry;
  metrics::Counter& dead;
  metrics::Histogram& handler_seconds;
  metrics::Histogram& end_to_end_seconds;
  metrics::Gauge& dead_letters;
  // Messages that exist nowhere any more and were passed over.
  metrics::Counter& lost;
  // Waits for messages that the relay has to publish again.
  metrics::Counter& gaps;
  metrics::Gauge& partitions;
};

}  // namespace jinqi::queue
