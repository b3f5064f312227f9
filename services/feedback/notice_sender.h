// Notices on their way out: which are due, what they say, what became of them (FBK-13).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "common/metrics/metrics.h"
#include "common/outbound/sender.h"
#include "common/service/contacts.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "services/feedback/notice.h"
#include "services/feedback/rating_token.h"

namespace jinqi::feedback {

class NoticeOwner final : public outbound::Owner {
 public:
  struct Setting {
    std::string tenant;
    v1::Notice::Way way = v1::Notice::WAY_UNSPECIFIED;
    config::v1::OutboundRetry retry;
    // {order_no} and {token} are replaced.
    std::string rating_link;
    // The hub's unit, for confidential demands.
    std::string hub;
  };

  // All that is given outlives it.
  NoticeOwner(Setting setting, ledger::Ledger& ledger, clock::Clock& clock, const RatingTokens& tokens,
              service::Contacts contacts, metrics::Metrics& metrics);

  absl::StatusOr<std::vector<outbound::Job>> Due(clock::Micros now, int limit) override;
  absl::StatusOr<outbound::Letter> Write(const outbound::Job& job) override;
  absl::Status Settle(const outbound::Job& job, const outbound::Report& report) override;

 private:
  // Fills in the letter, or notes in `in_hand_` why it is not sent.
  absl::StatusOr<outbound::Letter> WriteFor(const v1::NoticeQueueRecord& queue, const v1::NoticeRecord& record);
  outbound::Letter Unsent(v1::Notice::State state, std::string reason);
  absl::StatusOr<std::string> LinkOf(const v1::NoticeRecord& record) const;

  const Setting setting_;
  ledger::Ledger& ledger_;
  clock::Clock& clock_;
  const RatingTokens& tokens_;
  const service::Contacts contacts_;
  std::map<v1::Notice::State, metrics::Counter*> counters_;
  // The job between Write and Settle.
  NoticeReport in_hand_;
};

}  // namespace jinqi::feedback
