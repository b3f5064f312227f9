// Drafts: requests to commands and questions.
#include <string>
#include <utility>

#include "jinqi/intake/v1/attachment_service.pb.h"
#include "services/intake/attachments.h"
#include "services/intake/draft.h"
#include "services/intake/intake_rpc.h"

namespace jinqi::intake {
namespace {

using rpc::CallContext;

constexpr char kCreate[] = "jinqi.intake.v1.AttachmentService/CreateDraft";
constexpr char kGet[] = "jinqi.intake.v1.AttachmentService/GetDraft";
constexpr char kSubmit[] = "jinqi.intake.v1.AttachmentService/SubmitDraft";

constexpr std::size_t kMaxDraft = 64 << 10;

absl::StatusOr<ledger::Command> MakeDraft(const Intake& intake, const CallContext& context,
                                          const v1::CreateDraftRequest& request) {
  const Actor actor = ActorOf(context, intake);
  if (request.draft().demand().ByteSizeLong() > kMaxDraft) {
    return FieldError("draft.demand", config::v1::REASON_TOO_LONG);
  }
  v1::DraftPrivate values;
  values.set_salt(intake.privacy.Salt());
  *values.mutable_demand() = request.draft().demand();
  NewDraft draft;
  draft.id = intake.ids->Token();
  draft.owner = actor.caller.subject;
  draft.sealed = intake.privacy.Seal(draft.id, values, {});
  draft.keep_days = intake.attachments->draft_keep_days;
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  command.names = {{DraftKey(draft.id)}};
  command.decide = [draft = std::move(draft)](const ledger::View& view) { return DecideKeepDraft(view, draft); };
  return command;
}

// What was filled in; empty once the draft is over.
absl::StatusOr<v1::Demand> DemandOf(const Intake& intake, const std::string& tenant, const std::string& draft) {
  ASSIGN_OR_RETURN(const auto person, intake.ledger->reader().FindPerson(tenant, draft));
  if (!person.has_value()) return v1::Demand();
  ASSIGN_OR_RETURN(const auto values, intake.privacy.Open<v1::DraftPrivate>(*person));
  return values.demand();
}

absl::StatusOr<v1::Draft> GetDraft(const Intake& intake, const CallContext& context,
                                   const v1::GetDraftRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  ASSIGN_OR_RETURN(const StoredDraft stored, FindDraft(intake, tenant, request.name()));
  RETURN_IF_ERROR(CheckDraftOwner(stored.record, actor));
  v1::Draft draft = stored.record.draft();
  ASSIGN_OR_RETURN(*draft.mutable_demand(), DemandOf(intake, tenant, stored.id));
  ASSIGN_OR_RETURN(const auto attachments, ShownAttachments(intake, tenant, stored.record.attachments(), Sight::kOwn));
  draft.mutable_attachments()->Add(attachments.begin(), attachments.end());
  return draft;
}

absl::StatusOr<ledger::Command> MakeSubmit(const Intake& intake, const CallContext& context,
                                           const v1::SubmitDraftRequest& request) {
  SubmitDraftInput submit;
  submit.actor = ActorOf(context, intake);
  const std::string& tenant = submit.actor.caller.tenant;
  ASSIGN_OR_RETURN(StoredDraft stored, FindDraft(intake, tenant, request.name()));
  ledger::Command command;
  command.tenant = tenant;
  if (const absl::Status owner = CheckDraftOwner(stored.record, submit.actor); !owner.ok()) {
    // The same request again, after the draft is over, still gets its answer.
    command.decide = [owner](const ledger::View&) -> absl::StatusOr<ledger::Outcome> { return owner; };
    return command;
  }
  submit.id = stored.id;
  submit.read_version = stored.version;
  v1::Demand demand = request.demand();
  if (!request.has_demand()) {
    ASSIGN_OR_RETURN(demand, DemandOf(intake, tenant, stored.id));
  }
  ASSIGN_OR_RETURN(submit.create, TakeDemand(intake, submit.actor, demand, request.hold_for_answer(), context.now));
  *submit.create.input.demand.mutable_attachments() = stored.record.attachments();
  command.names = NamesOf(submit);
  command.decide = DecideSubmitDraft(std::move(submit), &intake.reference);
  return command;
}

void FinishSubmit(const Intake& intake, const CallContext& context, v1::Demand& demand) {
  const Actor actor = ActorOf(context, intake);
  const auto values = intake.views.Values(actor.caller.tenant, demand.order_no());
  if (values.ok()) Show(*values, Sight::kOwn, demand);
  ShowCreated(intake, actor, demand);
}

}  // namespace

void RegisterDrafts(rpc::Methods& methods, Intake& intake) {
  methods.Change<v1::CreateDraftRequest, v1::Draft>(
      kCreate, [&intake](const auto& context, const auto& request) { return MakeDraft(intake, context, request); },
      [](const auto&, const auto& request, auto& draft) { *draft.mutable_demand() = request.draft().demand(); });
  methods.Query<v1::GetDraftRequest, v1::Draft>(
      kGet, [&intake](const auto& context, const auto& request) { return GetDraft(intake, context, request); });
  methods.ChangeOnPool<v1::SubmitDraftRequest, v1::Demand>(
      kSubmit, [&intake](const auto& context, const auto& request) { return MakeSubmit(intake, context, request); },
      [&intake](const auto& context, const auto&, auto& demand) { FinishSubmit(intake, context, demand); });
}

}  // namespace jinqi::intake
