#include "services/intake/contact.h"

#include "common/clock/clock.h"
#include "services/intake/demand_changes.h"
#include "services/intake/rights.h"

namespace jinqi::intake {

ledger::Key ContactKey(std::string_view order_no) { return {std::string(kContactKind), std::string(order_no)}; }

absl::StatusOr<ledger::Outcome> DecideContactLook(const ledger::View& view, const ContactLook& look) {
  ASSIGN_OR_RETURN(const auto demand, ReadDemand(view, DemandKey(look.order_no)));
  RETURN_IF_ERROR(MayResolveContact(look.actor.caller, look.actor.role, demand));
  v1::ContactAccessRecord record;
  if (view.Find(ContactKey(look.order_no)) != nullptr) {
    ASSIGN_OR_RETURN(record, view.Read<v1::ContactAccessRecord>(ContactKey(look.order_no)));
  }
  record.set_order_no(look.order_no);
  record.set_looks(record.looks() + 1);
  v1::ContactResolved resolved;
  resolved.set_purpose(look.purpose);
  resolved.set_role(config::v1::Role_Name(look.actor.role));
  *resolved.mutable_time() = clock::ToProto(view.now());
  ledger::Outcome outcome;
  outcome.changes.push_back({ContactKey(look.order_no),
                             record.SerializeAsString(),
                             std::nullopt,
                             {{"ContactResolved", resolved.SerializeAsString(), std::nullopt}}});
  return outcome;
}

}  // namespace jinqi::intake
