#include "services/routing/routing_events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "services/routing/intents.h"
#include "services/routing/kinds.h"
#include "services/routing/payments.h"
#include "services/routing/rating.h"
#include "services/routing/self_dispatch.h"
#include "services/routing/warnings.h"
#include "services/routing/work_order.h"

namespace jinqi::routing {
namespace {

using events::v1::Envelope;
using Made = absl::StatusOr<std::optional<ledger::Command>>;

// The order is changed, the reference data relied on.
std::vector<ledger::Name> NamesOf(const std::string& order_no) {
  return {{OrderKey(order_no)}, {HeadKey(), ledger::Access::kRely}};
}

template <typename Message>
absl::StatusOr<Message> Read(const Envelope& envelope) {
  Message message;
  if (!message.ParseFromString(envelope.payload()) || message.order_no().empty()) {
    return absl::DataLossError(envelope.type() + " cannot be read");
  }
  return message;
}

Actor ActorOf(const Envelope& envelope) { return SystemActor("queue:" + envelope.source()); }

// A command on one order by a decision that takes the message.
template <typename Message, typename Decide>
Made Simple(const Desk& desk, const Envelope& envelope, Decide decide) {
  ASSIGN_OR_RETURN(Message message, Read<Message>(envelope));
  ledger::Command command;
  command.names = NamesOf(message.order_no());
  command.decide = [&desk, decide, actor = ActorOf(envelope), message = std::move(message)](const ledger::View& view) {
    return decide(view, desk.setting, actor, message);
  };
  return std::optional<ledger::Command>(std::move(command));
}

// Takes the texts out of the message.
v1::WorkOrderPrivate TakeTexts(events::v1::DemandSubmitted& demand) {
  v1::WorkOrderPrivate texts;
  texts.set_allocated_title(demand.release_title());
  texts.set_allocated_content(demand.release_content());
  texts.set_allocated_translated_title(demand.release_translated_title());
  texts.set_allocated_translated_content(demand.release_translated_content());
  return texts;
}

Made OnSubmitted(const Desk& desk, const Envelope& envelope) {
  NewOrder created;
  ASSIGN_OR_RETURN(created.demand, Read<events::v1::DemandSubmitted>(envelope));
  events::v1::DemandSubmitted& demand = created.demand;
  const std::string order_no = demand.order_no();
  const v1::WorkOrderPrivate texts = TakeTexts(demand);
  // The rules read Chinese.
  const bool translated = !texts.translated_content().empty();
  ProposalInput input;
  input.title = translated ? texts.translated_title() : texts.title();
  input.content = translated ? texts.translated_content() : texts.content();
  input.district_code = demand.subject().district_code();
  input.category_code = demand.category_code();
  input.demand_type = demand.demand_type();
  input.urgency = demand.urgency();
  input.channel = demand.channel();
  const ReferencePtr reference = desk.setting.references->Current();
  created.proposal = ProposeFor(desk, reference->directory, input, created.doubtful);
  created.judged = desk.proposer->Accused(input);
  if (demand.sme_payment()) {
    created.proposal =
        WithPaymentBody(std::move(created.proposal), created.judged, reference->directory, *desk.setting.limits);
  }
  created.leaf_allows = desk.self_dispatch_leaves.contains(demand.category_code());
  created.text = desk.texts->SealDemand(order_no, texts);

  v1::WorkOrder asked;
  asked.set_category_code(demand.category_code());
  *asked.mutable_subject() = demand.subject();
  *asked.mutable_proposal() = created.proposal;
  const v1::Proposal proposal = ProposalOn(asked, *reference, clock::ShanghaiDate(clock::FromProto(envelope.time())));
  ledger::Command command;
  command.names = NamesOf(order_no);
  if (!proposal.candidates().empty()) {
    created.body = proposal.candidates(0).undertaker();
    command.names.push_back({UndertakerKey(created.body), ledger::Access::kRely});
  }
  (proposal.candidates().empty() ? desk.needs_human : desk.proposed)->Increment();
  command.decide = [&desk, actor = ActorOf(envelope), created = std::move(created)](const ledger::View& view) {
    return DecideCreate(view, desk.setting, actor, created);
  };
  return std::optional<ledger::Command>(std::move(command));
}

Made OnSupplement(const Desk& desk, const Envelope& envelope) {
  ASSIGN_OR_RETURN(events::v1::SupplementAdded message, Read<events::v1::SupplementAdded>(envelope));
  SealedText text = desk.texts->SealLater(message.order_no(), message.text());
  message.clear_text();
  ledger::Command command;
  command.names = NamesOf(message.order_no());
  if (!text.id.empty()) command.names.push_back({TextKey(text.id)});
  command.decide = [&desk, actor = ActorOf(envelope), message = std::move(message), text = std::move(text)](
                       const ledger::View& view) { return DecideSupplement(view, desk.setting, actor, message, text); };
  return std::optional<ledger::Command>(std::move(command));
}

}  // namespace

v1::Proposal ProposeFor(const Desk& desk, const Directory& directory, const ProposalInput& input, bool& doubtful) {
  CheckedProposal checked = CheckProposal(desk.proposer->Propose(input), directory);
  for (const std::string& dropped : checked.dropped) {
    desk.dropped->Increment();
    log::Log(log::Level::kWarning, "a proposed body was ignored", {{"candidate", dropped}});
  }
  doubtful = !checked.dropped.empty();
  checked.proposal.set_proposal_id(desk.ids->Uuid());
  checked.proposal.set_rules_version(desk.proposer->rules_version());
  return std::move(checked.proposal);
}

Made OnIntake(const Desk& desk, const Envelope& envelope) {
  const std::string& type = envelope.type();
  if (type == "DemandSubmitted") return OnSubmitted(desk, envelope);
  if (type == "SupplementAdded") return OnSupplement(desk, envelope);
  if (type == "WithdrawalAsked") return Simple<events::v1::WithdrawalAsked>(desk, envelope, DecideWithdraw);
  if (type == "DemandMerged") return Simple<events::v1::DemandMerged>(desk, envelope, DecideMerged);
  return std::optional<ledger::Command>();
}

Made OnFeedback(const Desk& desk, const Envelope& envelope) {
  const std::string& type = envelope.type();
  if (type == "FollowUpDone") return Simple<events::v1::FollowUpDone>(desk, envelope, DecideFollowUpDone);
  if (type == "RatingWindowClosed") {
    return Simple<events::v1::RatingWindowClosed>(desk, envelope, DecideWindowClosed);
  }
  if (type != "Rated") return std::optional<ledger::Command>();
  const Micros rated = clock::FromProto(envelope.time());
  return Simple<events::v1::Rated>(
      desk, envelope,
      [rated](const ledger::View& view, const Setting& setting, const Actor& actor, const events::v1::Rated& message) {
        return DecideRated(view, setting, actor, message, rated);
      });
}

absl::StatusOr<ledger::Command> OnTimer(const Desk& desk, const ledger::Firing& firing) {
  ledger::Command command;
  command.caller = "timer";
  command.method = "Timer/" + firing.timer.name;
  command.names = NamesOf(firing.key.id);
  command.decide = [&desk, order_no = firing.key.id, name = firing.timer.name](const ledger::View& view) {
    return DecideTimer(view, desk.setting, SystemActor("timer"), order_no, name);
  };
  return command;
}

}  // namespace jinqi::routing
