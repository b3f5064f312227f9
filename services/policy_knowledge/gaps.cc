#include "services/policy_knowledge/gaps.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/status/status.h"
#include "jinqi/policy/v1/records.pb.h"
#include "services/policy_knowledge/kinds.h"

namespace jinqi::policy {

absl::StatusOr<GapLimits> LoadGapLimits(const config::v1::PolicyConfig& config) {
  config::v1::Calendar notices;
  RETURN_IF_ERROR(config::LoadInto(absl::StrCat(config.server().reference_dir(), "/calendar.textproto"), notices));
  ASSIGN_OR_RETURN(calendar::Calendar calendar, calendar::Calendar::Make(notices));
  if (config.gap_answer_working_days() < 1) {
    return absl::InvalidArgumentError("gap_answer_working_days must be at least 1");
  }
  if (config.gap_repair_working_days() < config.gap_answer_working_days()) {
    return absl::InvalidArgumentError("gap_repair_working_days must be at least gap_answer_working_days");
  }
  return GapLimits{std::move(calendar), config.gap_answer_working_days(), config.gap_repair_working_days()};
}

absl::StatusOr<ledger::Outcome> DecideGap(const ledger::View& view, const events::v1::KnowledgeGapFound& found,
                                          const GapLimits& limits) {
  if (view.Find(KnowledgeGapKey(found.order_no())) != nullptr) return ledger::Outcome{};
  v1::KnowledgeGapRecord record;
  v1::KnowledgeGap& gap = *record.mutable_gap();
  gap.set_name(absl::StrCat("knowledgeGaps/", found.order_no()));
  gap.set_order_no(found.order_no());
  gap.set_question(found.question());
  gap.set_category_code(found.category_code());
  gap.set_language(found.language());
  *gap.mutable_report_time() = found.time();
  gap.set_reported_by(found.reported_by());
  const absl::CivilDay reported = clock::ShanghaiDate(clock::FromProto(found.time()));
  const auto due = [&](int days) {
    return clock::ToProto(clock::EndOfDay(limits.calendar.AddWorkingDays(reported, days).day));
  };
  *gap.mutable_answer_due_time() = due(limits.answer_working_days);
  *gap.mutable_repair_due_time() = due(limits.repair_working_days);
  ledger::Outcome outcome;
  const std::string body = record.SerializeAsString();
  outcome.changes.push_back(
      {KnowledgeGapKey(found.order_no()), body, std::nullopt, {{"KnowledgeGapReported", body, std::nullopt}}});
  return outcome;
}

absl::StatusOr<std::optional<ledger::Command>> OnIntake(const events::v1::Envelope& envelope, const GapLimits& limits) {
  if (envelope.type() != "KnowledgeGapFound") return std::optional<ledger::Command>();
  events::v1::KnowledgeGapFound found;
  if (!found.ParseFromString(envelope.payload()) || found.order_no().empty()) {
    return absl::DataLossError("KnowledgeGapFound cannot be read");
  }
  ledger::Command command;
  command.names = {{KnowledgeGapKey(found.order_no())}};
  command.decide = [found = std::move(found), &limits](const ledger::View& view) {
    return DecideGap(view, found, limits);
  };
  return std::optional<ledger::Command>(std::move(command));
}

}  // namespace jinqi::policy
