// Answers, refusals, hand-overs and translations of held demands: requests to commands.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/text/text.h"
#include "services/intake/demand_changes.h"
#include "services/intake/instant_answer.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/order_view.h"
#include "services/intake/redact.h"
#include "services/intake/refusal.h"
#include "services/intake/similar.h"

namespace jinqi::intake {
namespace {

using rpc::CallContext;

constexpr char kRefuse[] = "jinqi.intake.v1.AnswerService/RefuseDemand";
constexpr char kAnswer[] = "jinqi.intake.v1.AnswerService/AnswerDemand";
constexpr char kPassOn[] = "jinqi.intake.v1.AnswerService/PassOnDemand";
constexpr char kTranslate[] = "jinqi.intake.v1.AnswerService/TranslateDemand";

constexpr std::size_t kMinNote = 2;
constexpr std::size_t kMaxNote = 4000;

absl::Status CheckRelated(const Intake& intake, const std::string& tenant, const StoredDemand& stored,
                          const v1::DemandPrivate& values, const std::string& related) {
  if (related.empty()) return absl::OkStatus();
  const absl::Status fault = FieldError("related_order", config::v1::REASON_UNKNOWN_VALUE);
  const auto other = intake.views.Find(tenant, related);
  if (!other.ok()) return ReasonOf(other.status()) == config::v1::REASON_NOT_FOUND ? fault : other.status();
  ASSIGN_OR_RETURN(const v1::DemandPrivate other_values, intake.views.Values(tenant, related));
  const bool itself = related == stored.record.demand().order_no();
  return !itself && SameSubject(stored.record, values, other->record, other_values) ? absl::OkStatus() : fault;
}

absl::StatusOr<ledger::Command> MakeRefuse(const Intake& intake, const CallContext& context,
                                           const v1::RefuseDemandRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  ASSIGN_OR_RETURN(RefuseInput input, CheckRefusal(request, intake.reference.refusals));
  ASSIGN_OR_RETURN(input.order_no, OrderNoOfName(request.name()));
  ASSIGN_OR_RETURN(const StoredDemand stored, intake.views.Find(tenant, input.order_no));
  input.read_version = stored.version;
  ASSIGN_OR_RETURN(const v1::DemandPrivate values, intake.views.Values(tenant, input.order_no));
  input.related_fault = CheckRelated(intake, tenant, stored, values, input.related_order);
  input.told = SealResult(intake.privacy, input.order_no, text::Trim(request.told_text()), values.contact_phone());
  if (input.reason == v1::REFUSAL_REASON_SECRET) {
    ASSIGN_OR_RETURN(input.texts, intake.views.TextKeys(tenant, stored.record));
  }
  input.by = actor.caller.subject;
  input.archive_after_days = intake.config.archive_after_days();
  ledger::Command command;
  command.tenant = tenant;
  command.names = {{DemandKey(input.order_no)}, {ResultKey(input.order_no)}, {LikenessKey(input.order_no)}};
  for (const ledger::Key& text : input.texts) command.names.push_back({text});
  for (const std::string& name : stored.record.demand().attachments()) {
    if (const auto id = AttachmentOfName(name); id.ok()) command.names.push_back({AttachmentKey(*id)});
  }
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideRefuse(view, input); };
  return command;
}

absl::StatusOr<ledger::Command> MakeAnswer(const Intake& intake, const CallContext& context,
                                           const v1::AnswerDemandRequest& request) {
  RETURN_IF_ERROR(CheckAnswer(request));
  AnswerInput input;
  ASSIGN_OR_RETURN(const SubmitRead read, ReadForSubmit(intake, context, request.name(), request.etag()));
  input.submit = read.input;
  input.kb_ref = request.kb_ref();
  input.accepted = request.accepted();
  const std::string& order_no = input.submit.order_no;
  const v1::DemandPrivate& values = input.submit.values;
  if (!input.kb_ref.empty() && input.kb_ref != kNoEntry) {
    input.entry_fault = intake.knowledge.CheckEntry(context, input.kb_ref);
    // Who is not content is sent on whether the entry can be looked up or not.
    if (!input.accepted && absl::IsUnavailable(input.entry_fault)) input.entry_fault = absl::OkStatus();
  }
  const v1::Demand& demand = read.stored.record.demand();
  input.gap_question = WithoutIdentity(demand, text::SingleLine(request.gap_question()), values);
  input.archive_after_days = intake.config.archive_after_days();
  ledger::Command command;
  command.tenant = input.submit.actor.caller.tenant;
  command.names = {{DemandKey(order_no)}};
  if (input.accepted) {
    input.answer = SealResult(intake.privacy, order_no, text::Trim(request.answer_text()), values.contact_phone());
    command.names.push_back({ResultKey(order_no)});
  } else {
    input.submit.note = NoteFor(intake, read, request.answer_text());
    command.names.push_back({SupplementKey(input.submit.note->id)});
  }
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideAnswer(view, input); };
  return command;
}

absl::StatusOr<ledger::Command> MakePassOn(const Intake& intake, const CallContext& context,
                                           const v1::PassOnDemandRequest& request) {
  PassOnInput input;
  input.actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(input.order_no, OrderNoOfName(request.name()));
  input.etag = request.etag();
  ledger::Command command;
  command.tenant = input.actor.caller.tenant;
  command.names = {{DemandKey(input.order_no)}};
  const std::string note = text::Trim(request.note());
  if (!note.empty()) {
    RETURN_IF_ERROR(RequiredText("note", note, kMinNote, kMaxNote).status());
    input.note = MakeSupplement(intake, input.actor, input.order_no, note);
    command.names.push_back({SupplementKey(input.note->id)});
  }
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecidePassOn(view, input); };
  return command;
}

absl::StatusOr<ledger::Command> MakeTranslate(const Intake& intake, const CallContext& context,
                                              const v1::TranslateDemandRequest& request) {
  const Actor actor = ActorOf(context, intake);
  TranslateInput input;
  ASSIGN_OR_RETURN(input.order_no, OrderNoOfName(request.name()));
  ASSIGN_OR_RETURN(input.translation, CheckTranslation(request.translation()));
  input.etag = request.etag();
  input.by = actor.caller.subject;
  const std::string id = TranslationId(input.order_no, input.translation.language());
  v1::TranslationPrivate values;
  values.set_salt(intake.privacy.Salt());
  values.set_title(input.translation.title());
  values.set_content(input.translation.content());
  input.sealed = intake.privacy.Seal(id, values, {});
  input.translation.clear_title();
  input.translation.clear_content();
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  command.names = {{DemandKey(input.order_no)}, {TranslationKey(id)}};
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideTranslate(view, input); };
  return command;
}

}  // namespace

void RegisterAnswers(rpc::Methods& methods, Intake& intake) {
  const auto shown = [&intake](const CallContext& context, const auto&, v1::Demand& demand) {
    FinishChange(intake, context, demand);
  };
  methods.ChangeOnPool<v1::RefuseDemandRequest, v1::Demand>(
      kRefuse, [&intake](const auto& context, const auto& request) { return MakeRefuse(intake, context, request); },
      shown);
  methods.ChangeOnPool<v1::AnswerDemandRequest, v1::Demand>(
      kAnswer, [&intake](const auto& context, const auto& request) { return MakeAnswer(intake, context, request); },
      shown);
  methods.Change<v1::PassOnDemandRequest, v1::Demand>(
      kPassOn, [&intake](const auto& context, const auto& request) { return MakePassOn(intake, context, request); },
      shown);
  methods.Change<v1::TranslateDemandRequest, v1::Demand>(
      kTranslate,
      [&intake](const auto& context, const auto& request) { return MakeTranslate(intake, context, request); }, shown);
}

}  // namespace jinqi::intake
