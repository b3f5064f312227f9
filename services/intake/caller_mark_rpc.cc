// Marks on disturbing callers: requests to commands and questions.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identity/phone.h"
#include "common/log/log.h"
#include "common/text/text.h"
#include "services/intake/caller_mark.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/pages.h"
#include "services/intake/redact.h"

namespace jinqi::intake {
namespace {

using rpc::CallContext;

constexpr char kMark[] = "jinqi.intake.v1.CallerMarkService/MarkCaller";
constexpr char kLift[] = "jinqi.intake.v1.CallerMarkService/LiftCallerMark";
constexpr char kRefer[] = "jinqi.intake.v1.CallerMarkService/ReferCallerToPolice";
constexpr char kList[] = "jinqi.intake.v1.CallerMarkService/ListCallerMarks";

constexpr std::size_t kMinText = 2;
constexpr std::size_t kMaxReason = 200;
constexpr std::size_t kMaxReference = 64;

// The number to mark: as given, or the one of an order.
absl::StatusOr<std::string> PhoneOf(const Intake& intake, const std::string& tenant,
                                    const v1::MarkCallerRequest& request) {
  if (!text::Trim(request.phone()).empty() || request.order_no().empty()) {
    auto phone = identity::NormalizePhone(request.phone());
    if (!phone.ok()) return FieldError("phone", ReasonOf(phone.status()));
    return phone;
  }
  RETURN_IF_ERROR(intake.views.Find(tenant, request.order_no()).status());
  ASSIGN_OR_RETURN(const v1::DemandPrivate values, intake.views.Values(tenant, request.order_no()));
  if (values.contact_phone().empty()) return FieldError("order_no", config::v1::REASON_NO_CONTACT);
  return values.contact_phone();
}

absl::StatusOr<ledger::Command> MakeMark(const Intake& intake, const CallContext& context,
                                         const v1::MarkCallerRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const std::string reason,
                   RequiredText("reason", text::SingleLine(request.reason()), kMinText, kMaxReason));
  ASSIGN_OR_RETURN(const std::string phone, PhoneOf(intake, actor.caller.tenant, request));
  MarkInput input;
  // A number that was marked under an older key keeps its record.
  const std::string known = intake.marks.Find(intake.privacy.BlindIndexes(phone));
  input.id = known.empty() ? intake.privacy.BlindIndex(phone) : known;
  input.reason = Redact(reason, {phone});
  input.by = actor.caller.subject;
  input.days = intake.config.caller_mark_days();
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  command.names = {{CallerMarkKey(input.id)}};
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideMark(view, input); };
  return command;
}

using DecideChange = absl::StatusOr<ledger::Outcome> (*)(const ledger::View&, const MarkChange&);

template <typename Request>
absl::StatusOr<ledger::Command> MakeChange(const Intake& intake, const CallContext& context, const Request& request,
                                           std::string police_reference, DecideChange decide) {
  const Actor actor = ActorOf(context, intake);
  MarkChange change;
  ASSIGN_OR_RETURN(change.id, MarkIdOfName(request.name()));
  change.etag = request.etag();
  change.by = actor.caller.subject;
  change.police_reference = std::move(police_reference);
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  command.names = {{CallerMarkKey(change.id)}};
  command.decide = [change = std::move(change), decide](const ledger::View& view) { return decide(view, change); };
  return command;
}

absl::StatusOr<ledger::Command> MakeRefer(const Intake& intake, const CallContext& context,
                                          const v1::ReferCallerToPoliceRequest& request) {
  ASSIGN_OR_RETURN(std::string reference,
                   RequiredText("reference", text::SingleLine(request.reference()), kMinText, kMaxReference));
  return MakeChange(intake, context, request, std::move(reference), DecideReferMark);
}

absl::StatusOr<v1::ListCallerMarksResponse> ListMarks(const Intake& intake, const CallContext& context,
                                                      const v1::ListCallerMarksRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ledger::Query query;
  query.kind = std::string(kCallerMarkKind);
  query.order_by = "set_time";
  query.descending = true;
  ASSIGN_OR_RETURN(const Page page,
                   PageOf(intake, actor, request, absl::StrCat("caller-marks|", actor.caller.tenant), query));
  v1::ListCallerMarksResponse response;
  for (const ledger::Record& row : page.records) {
    ASSIGN_OR_RETURN(const auto record, ParsedBody<v1::CallerMarkRecord>(row));
    *response.add_marks() = ShownAt(record, row.version, context.now);
  }
  response.set_next_page_token(page.next);
  return response;
}

}  // namespace

void RegisterCallerMarks(rpc::Methods& methods, Intake& intake) {
  // What this process marks it minds at once; other replicas follow.
  const auto changed = [&intake](const CallContext& context, const auto&, auto&) {
    const std::string tenant = ActorOf(context, intake).caller.tenant;
    const absl::Status status = intake.marks.Refresh(intake.ledger->reader(), tenant, context.now);
    if (!status.ok())
      log::Log(log::Level::kWarning, "the marks on callers cannot be read", {{"error", std::string(status.message())}});
  };
  methods.ChangeOnPool<v1::MarkCallerRequest, v1::CallerMark>(
      kMark, [&intake](const auto& context, const auto& request) { return MakeMark(intake, context, request); },
      changed);
  methods.Change<v1::LiftCallerMarkRequest, v1::CallerMark>(
      kLift,
      [&intake](const auto& context, const auto& request) {
        return MakeChange(intake, context, request, "", DecideLiftMark);
      },
      changed);
  methods.Change<v1::ReferCallerToPoliceRequest, v1::CallerMark>(
      kRefer, [&intake](const auto& context, const auto& request) { return MakeRefer(intake, context, request); },
      changed);
  methods.Query<v1::ListCallerMarksRequest, v1::ListCallerMarksResponse>(
      kList, [&intake](const auto& context, const auto& request) { return ListMarks(intake, context, request); });
}

}  // namespace jinqi::intake
