#include "services/intake/refusal.h"

#include <algorithm>
#include <utility>

#include "common/clock/clock.h"
#include "common/text/text.h"
#include "services/intake/attachment.h"
#include "services/intake/demand_changes.h"
#include "services/intake/order_view.h"
#include "services/intake/similar.h"

namespace jinqi::intake {
namespace {

constexpr std::size_t kMinText = 2;
constexpr std::size_t kMaxToldText = 1000;
constexpr std::size_t kMaxChannel = 100;
constexpr std::string_view kReasonPrefix = "REFUSAL_REASON_";

ledger::Event Erased() { return Note("ContentErased", "CONTENT_ERASED", ""); }

// Each text is a record of its own, whose history tells that its words are gone.
absl::Status EraseTexts(const ledger::View& view, const std::vector<ledger::Key>& texts, ledger::Outcome& outcome) {
  for (const ledger::Key& text : texts) {
    const ledger::Record* record = view.Find(text);
    if (record == nullptr) return Error(config::v1::REASON_NOT_FOUND, {{"id", text.id}});
    outcome.erase_persons.push_back(text.id);
    outcome.changes.push_back({text, record->body, std::nullopt, {Erased()}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RefuseInput> CheckRefusal(const v1::RefuseDemandRequest& request, const Refusals& refusals) {
  RefuseInput input;
  input.etag = request.etag();
  input.reason = request.reason();
  input.emergency_target = text::Trim(text::Nfkc(request.emergency_target()));
  input.related_order = text::Trim(request.related_order());
  input.told_channel = text::SingleLine(request.told_channel());
  Faults faults;
  CheckText("told_text", request.told_text(), kMinText, kMaxToldText, faults);
  if (!v1::RefusalReason_IsValid(request.reason())) {
    faults.Add("reason", config::v1::REASON_UNKNOWN_VALUE);
    return faults.ToStatus();
  }
  if (input.reason == v1::REFUSAL_REASON_EMERGENCY) {
    if (!IsEmergencyTarget(input.emergency_target)) faults.Add("emergency_target", config::v1::REASON_EMERGENCY_TARGET);
    input.told_channel = input.emergency_target;
  } else {
    if (input.told_channel.empty()) input.told_channel = refusals.ChannelOf(input.reason);
    CheckText("told_channel", input.told_channel, kMinText, kMaxChannel, faults);
  }
  if (input.reason == v1::REFUSAL_REASON_NO_NEW_FACT && input.related_order.empty()) {
    faults.Add("related_order", config::v1::REASON_REQUIRED);
  }
  RETURN_IF_ERROR(faults.ToStatus());
  return input;
}

bool SameSubject(const v1::DemandRecord& one, const v1::DemandPrivate& its_values, const v1::DemandRecord& other,
                 const v1::DemandPrivate& other_values) {
  // Of a confidential demand the code is among its values.
  const auto code = [](const v1::DemandRecord& record, const v1::DemandPrivate& values) {
    if (record.subject_unproven()) return std::string();
    const std::string& open = record.demand().subject().uscc();
    return open.empty() ? values.uscc() : open;
  };
  const std::string mine = code(one, its_values);
  const std::string theirs = code(other, other_values);
  if (!mine.empty() || !theirs.empty()) return mine == theirs;
  return !its_values.contact_phone().empty() && its_values.contact_phone() == other_values.contact_phone();
}

absl::StatusOr<ledger::Outcome> DecideRefuse(const ledger::View& view, const RefuseInput& input) {
  const ledger::Key key = DemandKey(input.order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  if (record.with_routing()) return Error(config::v1::REASON_ORDER_NOT_HELD);
  const ledger::Record& stored = *view.Find(key);
  RETURN_IF_ERROR(CheckEtag(input.etag, stored, record.demand().state()));
  RETURN_IF_ERROR(CheckEtag(EtagOf(input.read_version), stored, record.demand().state()));
  RETURN_IF_ERROR(input.related_fault);

  v1::Demand& demand = *record.mutable_demand();
  ledger::Event ended;
  if (input.reason == v1::REFUSAL_REASON_EMERGENCY) {
    ASSIGN_OR_RETURN(ended, TransferTo(record, input.emergency_target, input.by, view.now()));
  } else {
    const std::string reason = v1::RefusalReason_Name(input.reason).substr(kReasonPrefix.size());
    ASSIGN_OR_RETURN(ended, Move(record, events::v1::ORDER_STATE_NOT_ACCEPTED, view.now(), "DemandRefused", reason));
    End(demand, events::v1::RESULT_TYPE_NOT_ACCEPTED, view.now());
  }
  v1::Refusal& refusal = *demand.mutable_refusal();
  refusal.set_reason(input.reason);
  refusal.set_told_channel(input.told_channel);
  *refusal.mutable_told_time() = clock::ToProto(view.now());
  refusal.set_told_by(input.by);
  refusal.set_related_order(input.related_order);
  demand.clear_refusal_proposal();
  if (!input.related_order.empty()) demand.add_related_orders(input.related_order);
  // Told is told: the requester reads it from now on.
  *demand.mutable_feedback_time() = clock::ToProto(view.now());
  record.set_has_result(true);

  ledger::Outcome outcome;
  ended.message = EndedMessage(record);
  ledger::Change change{key, {}, ArchiveAfter(view.now(), input.archive_after_days), {std::move(ended)}};
  if (input.reason == v1::REFUSAL_REASON_SECRET) {
    refusal.set_content_erased(true);
    RETURN_IF_ERROR(EraseTexts(view, input.texts, outcome));
    RETURN_IF_ERROR(ForgetLikeness(view, input.order_no, outcome));
    RETURN_IF_ERROR(EraseAttachments(view, demand.attachments(), "AttachmentErased", outcome));
    demand.clear_attachments();
    outcome.erase_persons.push_back(input.order_no);
    change.events.push_back(Erased());
  }
  change.body = record.SerializeAsString();
  outcome.changes.push_back(std::move(change));
  outcome.changes.push_back(ResultChange(input.order_no, view.now(), input.told.digest, "TOLD"));
  outcome.persons.push_back(input.told.person);
  outcome.answer = AnswerOf(record, stored.version + 1);
  return outcome;
}

}  // namespace jinqi::intake
