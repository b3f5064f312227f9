#include "services/intake/refused_act.h"

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"

namespace jinqi::intake {

ledger::Key RefusedActKey(std::string_view id) { return {std::string(kRefusedActKind), std::string(id)}; }

ledger::Change RefusedActChange(const RefusedAttempt& attempt, Reason reason, const std::vector<std::string>& targets,
                                const std::vector<std::int64_t>& rows, std::string_view detail, ledger::Micros now) {
  v1::RefusedActRecord record;
  v1::RefusedAct& act = *record.mutable_act();
  act.set_name(absl::StrCat("refusedActs/", attempt.id));
  act.set_reason(reason);
  *act.mutable_time() = clock::ToProto(now);
  act.set_account(attempt.actor.caller.subject);
  act.set_role(attempt.actor.role);
  act.set_method(attempt.method);
  act.mutable_targets()->Add(targets.begin(), targets.end());
  act.mutable_rows()->Add(rows.begin(), rows.end());
  act.set_detail(std::string(detail));
  const std::string body = record.SerializeAsString();
  return {RefusedActKey(attempt.id), body, std::nullopt, {{"ActRefused", body, std::nullopt}}};
}

std::string RefusedAnswer(Reason reason, std::string_view field) {
  v1::RecordedAnswer answer;
  answer.set_refusal(reason);
  answer.set_field(std::string(field));
  return answer.SerializeAsString();
}

}  // namespace jinqi::intake
