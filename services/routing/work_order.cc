#include "services/routing/work_order.h"

#include "common/status/status.h"
#include "services/routing/dispatch.h"
#include "services/routing/kinds.h"
#include "services/routing/self_dispatch.h"
#include "services/routing/undertakers.h"

namespace jinqi::routing {
namespace {

void Fill(const NewOrder& created, OrderEdit& edit) {
  const events::v1::DemandSubmitted& demand = created.demand;
  v1::WorkOrder& order = edit.order();
  order.set_channel(demand.channel());
  order.set_demand_type(demand.demand_type());
  order.set_urgency(demand.urgency());
  order.set_category_code(demand.category_code());
  *order.mutable_subject() = demand.subject();
  order.set_confidential(demand.confidential());
  order.set_anonymous(demand.anonymous());
  order.set_language(demand.language());
  order.set_requester(demand.requester());
  order.set_sme_payment(demand.sme_payment());
  *order.mutable_accept_time() = demand.accept_time();
  *edit.record().mutable_pending_time() = edit.timestamp();
  edit.record().mutable_judged()->Assign(created.judged.begin(), created.judged.end());
  SetDue(order, edit.calendar(), edit.limits());
  Hold(order, kHubHolder, clock::FromProto(demand.accept_time()));
}

}  // namespace

v1::Proposal ProposalOn(const v1::WorkOrder& order, const Reference& reference, absl::CivilDay day) {
  const auto found = reference.catalogue.Find(order.category_code(), order.subject().district_code(),
                                              order.subject().type(), day, reference.directory);
  v1::Proposal proposal = order.proposal();
  proposal.set_catalogue_version(reference.catalogue.VersionOn(day));
  return found.has_value() ? WithCatalogue(std::move(proposal), *found, reference.directory) : proposal;
}

absl::StatusOr<ledger::Outcome> DecideCreate(const ledger::View& view, const Setting& setting, const Actor& actor,
                                             const NewOrder& created) {
  const std::string& order_no = created.demand.order_no();
  if (view.Find(OrderKey(order_no)) != nullptr) return ledger::Outcome{};
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::New(view, setting, actor, order_no));
  Fill(created, edit);
  v1::WorkOrder& order = edit.order();
  *order.mutable_proposal() = created.proposal;
  *order.mutable_proposal()->mutable_time() = edit.timestamp();
  *order.mutable_proposal() = ProposalOn(order, edit.reference(), edit.today());
  edit.record().set_person_digest(created.text.digest);
  edit.AddPerson({order_no, created.text.sealed, {}});

  edit.Begin("OrderProposed",
             order.proposal().needs_human() ? "NEEDS_HUMAN" : order.proposal().candidates(0).undertaker());
  if (order.proposal().needs_human() || order.proposal().candidates(0).undertaker() != created.body)
    return edit.Finish();
  const std::string missing = MissingOf(view, created.body, edit.reference().directory);
  if (!missing.empty()) {
    PutInExceptionQueue(edit, missing);
    return edit.Finish();
  }
  if (!created.doubtful && created.leaf_allows && MayGoAlone(edit.record(), edit.reference(), edit.limits())) {
    const v1::Candidate& first = order.proposal().candidates(0);
    DispatchPlan plan;
    plan.main = created.body;
    plan.decided_by = kDecidedByAuto;
    plan.rule_id = RuleOf(first);
    plan.proposal_id = order.proposal().proposal_id();
    plan.reason = first.reasons().empty() ? "" : first.reasons(0);
    RETURN_IF_ERROR(ApplyDispatch(edit, plan));
    edit.record().set_self_dispatched(true);
  }
  return edit.Finish();
}

}  // namespace jinqi::routing
