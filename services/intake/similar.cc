#include "services/intake/similar.h"

#include <utility>

#include "common/clock/clock.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "services/intake/demand.h"
#include "services/intake/demand_changes.h"
#include "services/intake/kind_parts.h"

namespace jinqi::intake {
namespace {

constexpr std::size_t kKeys = 12;
// Of 64 bits: two pairs of words hardly ever share one.
constexpr std::size_t kKeyLength = 16;

absl::Status CheckPair(const v1::DemandRecord& record, const v1::DemandRecord* into, const MergeInput& input) {
  if (record.with_routing()) return Error(config::v1::REASON_ORDER_NOT_HELD);
  if (input.into == input.order_no) return FieldError("into", config::v1::REASON_MERGE_SELF);
  if (into == nullptr) return FieldError("into", config::v1::REASON_UNKNOWN_VALUE);
  if (!lifecycle::IsOpen(into->demand().state())) {
    return Error(config::v1::REASON_MERGE_NOT_OPEN, {{"order_no", input.into}});
  }
  if (!input.same_subject && !input.told.has_value()) return Error(config::v1::REASON_MERGE_OTHER_SUBJECT);
  if (input.same_subject && input.told.has_value()) return FieldError("told_text", config::v1::REASON_UNKNOWN_VALUE);
  return absl::OkStatus();
}

ledger::Change Urge(v1::DemandRecord into, const std::string& child) {
  into.mutable_demand()->set_urging_count(into.demand().urging_count() + 1);
  into.set_last_child(child);
  ledger::Event urged = Note("DemandUrged", "URGED", child);
  if (into.with_routing()) urged.message = MergedMessage(into);
  return {DemandKey(into.demand().order_no()), into.SerializeAsString(), std::nullopt, {std::move(urged)}};
}

}  // namespace

ledger::Key LikenessKey(std::string_view order_no) { return {std::string(kLikenessKind), std::string(order_no)}; }

ledger::Kind LikenessRecords() {
  ledger::Kind kind = Plain(kLikenessKind);
  kind.sides = {std::string(kLikenessKeys)};
  kind.extract_sides = [](const std::string& body) -> absl::StatusOr<std::vector<std::vector<std::string>>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::LikenessRecord>(body));
    return std::vector<std::vector<std::string>>{{record.keys().begin(), record.keys().end()}};
  };
  return kind;
}

std::vector<std::string> LikenessKeysOf(const Privacy& privacy, const text::Gist& gist) {
  std::vector<std::string> keys;
  for (const std::string& pair : text::SketchOf(gist, kKeys)) {
    keys.push_back(privacy.KeyedHash("like|" + pair).substr(0, kKeyLength));
  }
  return keys;
}

void KeepLikeness(const ledger::View& view, v1::DemandRecord& record, int days, ledger::Outcome& outcome) {
  if (record.likeness_keys().empty()) return;
  const std::string& order_no = record.demand().order_no();
  v1::LikenessRecord likeness;
  likeness.set_order_no(order_no);
  likeness.mutable_keys()->Swap(record.mutable_likeness_keys());
  const ledger::Micros until = clock::FromProto(record.demand().accept_time()) + days * clock::kDay;
  if (until <= view.now()) return;
  outcome.changes.push_back({LikenessKey(order_no),
                             likeness.SerializeAsString(),
                             std::vector<ledger::Timer>{{std::string(kForgetTimer), until}},
                             {Note("LikenessKept", "LIKENESS_KEPT", "")}});
}

absl::Status ForgetLikeness(const ledger::View& view, const std::string& order_no, ledger::Outcome& outcome) {
  if (view.Find(LikenessKey(order_no)) == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto likeness, view.Read<v1::LikenessRecord>(LikenessKey(order_no)));
  if (likeness.keys().empty()) return absl::OkStatus();
  likeness.clear_keys();
  outcome.changes.push_back({LikenessKey(order_no),
                             likeness.SerializeAsString(),
                             std::vector<ledger::Timer>{},
                             {Note("LikenessForgotten", "LIKENESS_FORGOTTEN", "")}});
  return absl::OkStatus();
}

absl::StatusOr<ledger::Outcome> DecideForgetLikeness(const ledger::View& view, const std::string& order_no) {
  ledger::Outcome outcome;
  RETURN_IF_ERROR(ForgetLikeness(view, order_no, outcome));
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideMerge(const ledger::View& view, const MergeInput& input) {
  const ledger::Key key = DemandKey(input.order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  v1::DemandRecord into;
  const bool other = input.into != input.order_no && !input.into.empty();
  const bool found = other && view.Find(DemandKey(input.into)) != nullptr;
  if (found) {
    ASSIGN_OR_RETURN(into, ReadDemand(view, DemandKey(input.into)));
  }
  RETURN_IF_ERROR(CheckPair(record, found ? &into : nullptr, input));
  const ledger::Record& stored = *view.Find(key);
  RETURN_IF_ERROR(CheckEtag(input.etag, stored, record.demand().state()));
  ASSIGN_OR_RETURN(ledger::Event merged, Move(record, events::v1::ORDER_STATE_MERGED, view.now(), "DemandMerged"));

  ledger::Outcome outcome;
  v1::Demand& demand = *record.mutable_demand();
  demand.set_result_type(events::v1::RESULT_TYPE_MERGED);
  demand.clear_refusal_proposal();
  StopClock(demand);
  if (input.same_subject) {
    demand.set_merged_into(input.into);
  } else {
    record.set_merged_across(input.into);
    // Told is told: the requester reads it from now on, and nothing of the other order.
    *demand.mutable_feedback_time() = clock::ToProto(view.now());
    record.set_has_result(true);
    outcome.changes.push_back(ResultChange(input.order_no, view.now(), input.told->digest, "TOLD"));
    outcome.persons.push_back(input.told->person);
  }
  RETURN_IF_ERROR(ForgetLikeness(view, input.order_no, outcome));
  outcome.changes.push_back(
      {key, record.SerializeAsString(), ArchiveAfter(view.now(), input.archive_after_days), {std::move(merged)}});
  outcome.changes.push_back(Urge(std::move(into), input.order_no));
  // Who merges knows where it went, whatever its requester learns.
  record.mutable_demand()->set_merged_into(input.into);
  outcome.answer = AnswerOf(record, stored.version + 1);
  return outcome;
}

}  // namespace jinqi::intake
