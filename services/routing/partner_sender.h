// What one partner hotline is to be told, on its way out (RTE-26).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "common/outbound/sender.h"
#include "common/service/contacts.h"
#include "services/routing/order_edit.h"
#include "services/routing/texts.h"

namespace jinqi::routing {

class PartnerOwner final : public outbound::Owner {
 public:
  struct Options {
    std::string tenant;
    // The partner's code.
    std::string partner;
    Setting setting;
  };

  // All that is given outlives it.
  PartnerOwner(Options options, ledger::Ledger& ledger, clock::Clock& clock, const Texts& texts,
               const service::Contacts& contacts);

  absl::StatusOr<std::vector<outbound::Job>> Due(clock::Micros now, int limit) override;
  absl::StatusOr<outbound::Letter> Write(const outbound::Job& job) override;
  absl::Status Settle(const outbound::Job& job, const outbound::Report& report) override;

 private:
  absl::StatusOr<v1::PartnerMessage> MessageOf(const v1::WorkOrderRecord& record, const v1::PartnerMail& mail) const;
  absl::Status AddMatter(const v1::WorkOrderRecord& record, v1::PartnerMessage& message) const;

  const Options options_;
  ledger::Ledger& ledger_;
  clock::Clock& clock_;
  const Texts& texts_;
  const service::Contacts& contacts_;
  // Of the message between Write and Settle.
  std::int32_t in_hand_ = 0;
};

}  // namespace jinqi::routing
