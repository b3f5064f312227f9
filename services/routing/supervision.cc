#include "services/routing/supervision.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/clocks.h"
#include "services/routing/kinds.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

constexpr std::size_t kMaxAnswer = 2000;

bool IsCause(std::string_view cause) { return cause == "REFUSAL" || cause == "FALSIFIED" || cause == "OTHER"; }

absl::Status LiaisonOnly(const v1::WorkOrder& order) {
  if (!order.liaison()) return absl::OkStatus();
  return Error(config::v1::REASON_LIAISON_ONLY, {{"code", order.main_undertaker()}});
}

// A ticket is answered by whom it went to: the body's own leader first, then the district's hub or the city's (RTE-20).
bool MayAnswer(const v1::Supervision& ticket, const Actor& actor, const Directory& directory) {
  if (ticket.level() == kLevelCity) return actor.role == config::v1::ROLE_HUB_LEADER;
  if (ticket.level() == kLevelDistrict) {
    const v1::Undertaker* body = directory.Find(ticket.undertaker());
    return actor.role == config::v1::ROLE_DISTRICT_HUB && body != nullptr && body->district_code() == actor.district;
  }
  if (ticket.undertaker() == kHubHolder) return actor.role == config::v1::ROLE_HUB_LEADER;
  return actor.role == config::v1::ROLE_UNDERTAKER && ticket.undertaker() == actor.body;
}

}  // namespace

void OpenTicket(OrderEdit& edit, std::string_view cause, std::string_view level) {
  v1::WorkOrder& order = edit.order();
  v1::Supervision& ticket = *order.add_supervisions();
  ticket.set_supervision_id(absl::StrCat("S", order.supervisions_size()));
  *ticket.mutable_time() = edit.timestamp();
  ticket.set_cause(std::string(cause));
  ticket.set_level(std::string(level));
  ticket.set_undertaker(std::string(HolderOf(order)));
  edit.Tell("SupervisionOpened", absl::StrCat(std::string(cause), " ", std::string(level)));
}

absl::StatusOr<ledger::Outcome> DecideOpenSupervision(const ledger::View& view, const Setting& setting,
                                                      const Actor& actor, const v1::OpenSupervisionRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  if (!IsCause(request.cause())) return FieldError("cause", config::v1::REASON_UNKNOWN_VALUE);
  RETURN_IF_ERROR(LiaisonOnly(edit.order()));
  OpenTicket(edit, request.cause(), kLevelBodyLeader);
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideAnswerSupervision(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor,
                                                        const v1::AnswerSupervisionRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  RETURN_IF_ERROR(LiaisonOnly(edit.order()));
  auto& tickets = *edit.order().mutable_supervisions();
  const auto ticket = std::find_if(tickets.begin(), tickets.end(), [&](const v1::Supervision& one) {
    return one.supervision_id() == request.supervision_id();
  });
  if (ticket == tickets.end()) return FieldError("supervision_id", config::v1::REASON_NOT_FOUND);
  if (!MayAnswer(*ticket, actor, edit.reference().directory)) return Error(config::v1::REASON_NOT_UNDERTAKER);
  if (ticket->has_answer_time()) return Error(config::v1::REASON_SUPERVISION_CLOSED);
  const std::string answer = text::Trim(request.answer());
  if (answer.empty()) return FieldError("answer", config::v1::REASON_REQUIRED);
  if (text::CodePoints(answer) > kMaxAnswer) return FieldError("answer", config::v1::REASON_TOO_LONG);
  *ticket->mutable_answer_time() = edit.timestamp();
  ticket->set_answer(Redact(answer, {edit.order().subject().enterprise_name()}));
  ticket->set_answered_by(actor.text);
  edit.Tell("SupervisionAnswered", ticket->supervision_id());
  return edit.Finish();
}

}  // namespace jinqi::routing
