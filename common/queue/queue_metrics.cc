#include "common/queue/queue_metrics.h"

namespace jinqi::queue {
namespace {

metrics::Counter& Deliveries(metrics::Metrics& metrics, metrics::Labels labels, const std::string& outcome) {
  labels["outcome"] = outcome;
  return metrics.MakeCounter("queue_deliveries_total", "Messages by what became of them.", labels);
}

metrics::Labels LabelsOf(const std::string& source, const std::string& consumer) {
  return {{"stream", source}, {"group", consumer}};
}

}  // namespace

RelayMetrics::RelayMetrics(metrics::Metrics& metrics, const std::string& source)
    : unpublished(metrics.MakeGauge("outbox_unpublished", "Committed messages that are not in their stream yet.",
                                    {{"stream", source}})),
      oldest_age_seconds(metrics.MakeGauge("outbox_oldest_age_seconds", "Age of the oldest unpublished message.",
                                           {{"stream", source}})),
      published(metrics.MakeCounter("outbox_published_total", "Messages written to streams.", {{"stream", source}})),
      publish_errors(
          metrics.MakeCounter("outbox_publish_errors_total", "Batches that Redis did not take.", {{"stream", source}})),
      republished(metrics.MakeCounter("outbox_republished_streams_total",
                                      "Streams that were not whole and were published again.", {{"stream", source}})),
      stale(metrics.MakeCounter("outbox_stale_writes_total", "Writes refused because another relay has taken over.",
                                {{"stream", source}})),
      ahead(metrics.MakeGauge("outbox_partitions_ahead", "Partitions whose consumers have passed more than was sent.",
                              {{"stream", source}})) {}

ConsumerMetrics::ConsumerMetrics(metrics::Metrics& metrics, const std::string& source, const std::string& consumer)
    : oldest_unprocessed_age_seconds(metrics.MakeGauge("queue_oldest_unprocessed_age_seconds",
                                                       "Age of the oldest message that is not processed.",
                                                       LabelsOf(source, consumer))),
      pending(metrics.MakeGauge("queue_pending", "Messages in the stream that are not processed.",
                                LabelsOf(source, consumer))),
      ok(Deliveries(metrics, LabelsOf(source, consumer), "ok")),
      skipped(Deliveries(metrics, LabelsOf(source, consumer), "skipped")),
      retry(Deliveries(metrics, LabelsOf(source, consumer), "retry")),
      dead(Deliveries(metrics, LabelsOf(source, consumer), "dead")),
      handler_seconds(metrics.MakeHistogram("queue_handler_seconds", "Time from a message to its command.",
                                            LabelsOf(source, consumer))),
      end_to_end_seconds(metrics.MakeHistogram(
          "queue_end_to_end_seconds", "Time from an event to the commit of its effect.", LabelsOf(source, consumer))),
      dead_letters(metrics.MakeGauge("queue_dead_letters", "Messages set aside.", LabelsOf(source, consumer))),
      lost(metrics.MakeCounter("queue_lost_total", "Messages that exist nowhere any more and were passed over.",
                               LabelsOf(source, consumer))),
      gaps(metrics.MakeCounter("queue_gaps_total", "Waits for messages that have to be published again.",
                               LabelsOf(source, consumer))),
      partitions(metrics.MakeGauge("queue_partitions", "Partitions that this replica consumes.",
                                   LabelsOf(source, consumer))) {}

}  // namespace jinqi::queue
