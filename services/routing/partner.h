// 京津冀协同: matters of Beijing and Hebei in the hands of their hotlines, and what these answer (RTE-26). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/outbound/retry.h"
#include "jinqi/routing/v1/partner_service.pb.h"
#include "services/routing/order_edit.h"
#include "services/routing/partners.h"

namespace jinqi::routing {

// Each names the order (changed) and reference/head (relied on); an answer also the record that its text becomes.

// PENDING_DISPATCH → PARTNER_PENDING; the message to the partner waits to be sent, and the order for no one.
// PARTNER_UNKNOWN; PARTNER_CONSENT with the partner's phone where the caller has not agreed.
absl::StatusOr<ledger::Outcome> DecideTransferToPartner(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor, const v1::TransferToPartnerRequest& request,
                                                        const Partners& partners);

// PARTNER_PENDING → PENDING_DISPATCH; the partner is told.
absl::StatusOr<ledger::Outcome> DecideRecallFromPartner(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor,
                                                        const v1::RecallFromPartnerRequest& request);

// The partner handles it, has done it (→ FED_BACK), or gives it back (→ PENDING_DISPATCH). NOT_FOUND unless it was
// passed to this partner; ILLEGAL_MOVE once the partner has nothing to say any more; every faulty field at once. The
// answer is a PartnerReceipt.
absl::StatusOr<ledger::Outcome> DecidePartnerAnswer(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const std::string& partner,
                                                    const v1::PartnerAnswer& answer, const SealedText& result);

// What became of the message that was the first of its order.
struct PartnerReport {
  std::string order_no;
  std::int32_t number = 0;
  outbound::Report report;
};

// Delivered: a number in the acknowledgement is the partner's word that it handles the matter. Given up: the order goes
// back to the hub (REFUSED, TRIES, or why it was not sent). Nothing where another replica has settled it.
absl::StatusOr<ledger::Outcome> DecidePartnerReport(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const PartnerReport& report);

// For an order that leaves a partner in another way: the transfer ends and the partner is told. Nothing where no
// partner has it.
void EndTransfer(OrderEdit& edit, v1::PartnerTransfer::State state, std::string_view reason);

// The last time that it was passed on, unless it came back since; nullptr: no partner has it or answered it.
const v1::PartnerTransfer* TransferOf(const v1::WorkOrder& order);
// It is on its way to this partner.
bool IsSending(const v1::WorkOrder& order, const std::string& partner);
// Its result is a partner's: this city has nobody who could do it again.
bool AnsweredByPartner(const v1::WorkOrder& order);

}  // namespace jinqi::routing
