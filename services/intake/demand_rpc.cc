// Changes of demands: requests to commands.
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/text/similarity.h"
#include "common/text/text.h"
#include "services/intake/contact.h"
#include "services/intake/demand.h"
#include "services/intake/demand_changes.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/similar.h"

namespace jinqi::intake {
namespace {

using rpc::CallContext;

constexpr std::size_t kMaxSupplement = 4000;
constexpr std::size_t kMaxReason = 200;
constexpr std::size_t kMinPurpose = 2;
constexpr std::string_view kChinese = "zh";

constexpr char kCreate[] = "jinqi.intake.v1.IntakeService/CreateDemand";
constexpr char kSubmit[] = "jinqi.intake.v1.IntakeService/SubmitDemand";
constexpr char kTransfer[] = "jinqi.intake.v1.IntakeService/TransferDemand";
constexpr char kSupplement[] = "jinqi.intake.v1.IntakeService/SupplementDemand";
constexpr char kWithdraw[] = "jinqi.intake.v1.IntakeService/WithdrawDemand";
constexpr char kResolve[] = "jinqi.intake.v1.IntakeService/ResolveContact";

absl::StatusOr<DemandInput> CheckRequest(const Intake& intake, const Actor& actor, const v1::Demand& demand,
                                         std::string_view path = "demand") {
  const auto tree = intake.trees.current();
  if (tree == nullptr) return Error(config::v1::REASON_UNAVAILABLE);
  return CheckDemand(demand, actor.caller, actor.role, intake.reference, *tree, path);
}

Sealed SealDemand(const Intake& intake, const std::string& order_no, v1::DemandPrivate values) {
  values.set_salt(intake.privacy.Salt());
  std::vector<std::string> blind;
  if (!values.contact_phone().empty()) blind.push_back(values.contact_phone());
  return intake.privacy.Seal(order_no, values, blind);
}

absl::StatusOr<ledger::Command> MakeCreate(const Intake& intake, const CallContext& context,
                                           const v1::CreateDemandRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(CreateInput create,
                   TakeDemand(intake, actor, request.demand(), request.hold_for_answer(), context.now));
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  if (request.request_id().empty() && !IsOperator(actor.role)) {
    command.request_id = DerivedRequestId(create.input, context.peer, context.now);
    // The id is made of what must agree; how the rest was typed does not matter.
    command.request_hash = command.request_id;
  }
  command.names = NamesOf(create);
  command.decide = DecideCreate(std::move(create), &intake.reference);
  return command;
}

// Puts the personal values back that the stored answer does not hold.
void FinishCreate(const Intake& intake, const CallContext& context, const v1::CreateDemandRequest& request,
                  v1::Demand& demand) {
  const Actor actor = ActorOf(context, intake);
  const auto input = CheckRequest(intake, actor, request.demand());
  if (input.ok()) Show(input->values, Sight::kOwn, demand);
  ShowCreated(intake, actor, demand);
}

absl::StatusOr<ledger::Command> MakeSubmit(const Intake& intake, const CallContext& context,
                                           const v1::SubmitDemandRequest& request) {
  ASSIGN_OR_RETURN(SubmitRead read, ReadForSubmit(intake, context, request.name(), request.etag()));
  SubmitInput& input = read.input;
  ledger::Command command;
  command.tenant = input.actor.caller.tenant;
  command.names = {{DemandKey(input.order_no)}};
  const std::string note = text::Trim(request.note());
  if (!note.empty()) {
    RETURN_IF_ERROR(RequiredText("note", note, 2, kMaxSupplement).status());
    input.note = NoteFor(intake, read, note);
    command.names.push_back({SupplementKey(input.note->id)});
  }
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideSubmit(view, input); };
  return command;
}

absl::StatusOr<ledger::Command> MakeTransfer(const Intake& intake, const CallContext& context,
                                             const v1::TransferDemandRequest& request) {
  const Actor actor = ActorOf(context, intake);
  TransferInput input;
  ASSIGN_OR_RETURN(input.order_no, OrderNoOfName(request.name()));
  input.etag = request.etag();
  input.target = text::Trim(text::Nfkc(request.target()));
  input.by = actor.caller.subject;
  input.archive_after_days = intake.config.archive_after_days();
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  command.names = {{DemandKey(input.order_no)}};
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideTransfer(view, input); };
  return command;
}

absl::StatusOr<ledger::Command> MakeSupplementCommand(const Intake& intake, const CallContext& context,
                                                      const v1::SupplementDemandRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOfName(request.name()));
  ASSIGN_OR_RETURN(const std::string text, RequiredText("text", text::Trim(request.text()), 1, kMaxSupplement));
  ASSIGN_OR_RETURN(const StoredDemand stored, intake.views.Find(actor.caller.tenant, order_no));
  ASSIGN_OR_RETURN(const v1::DemandPrivate values, intake.views.Values(actor.caller.tenant, order_no));
  NewSupplement supplement = MakeSupplement(intake, actor, order_no, text);
  supplement.text = TextForRouting(stored.record, text, values);
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  command.names = {{DemandKey(order_no)}, {SupplementKey(supplement.id)}};
  command.decide = [order_no, actor, supplement = std::move(supplement)](const ledger::View& view) {
    return DecideSupplement(view, order_no, supplement, actor);
  };
  return command;
}

void FinishSupplement(Intake& intake, const CallContext& context, v1::DemandIntent& intent) {
  if (intent.settled()) return;
  const int number = intent.number();
  const auto stored =
      intake.waiter.Await(ActorOf(context, intake).caller.tenant, intent.order_no(),
                          [number](const v1::DemandRecord& record) { return record.supplements_settled() >= number; });
  if (!stored.ok()) return;
  intent.set_state(stored->record.demand().state());
  if (stored->record.supplements_settled() < number) return;
  intent.set_settled(true);
  intent.set_refusal(stored->record.supplement_refusals(number - 1));
  intent.set_granted(intent.refusal().empty());
}

absl::StatusOr<ledger::Command> MakeWithdraw(const Intake& intake, const CallContext& context,
                                             const v1::WithdrawDemandRequest& request) {
  WithdrawInput input;
  input.actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(input.order_no, OrderNoOfName(request.name()));
  ASSIGN_OR_RETURN(const std::string reason, RequiredText("reason", text::SingleLine(request.reason()), 1, kMaxReason));
  const std::string& tenant = input.actor.caller.tenant;
  ASSIGN_OR_RETURN(const StoredDemand stored, intake.views.Find(tenant, input.order_no));
  ASSIGN_OR_RETURN(const v1::DemandPrivate values, intake.views.Values(tenant, input.order_no));
  input.reason = TextForRouting(stored.record, reason, values);
  input.kept_reason = WithoutIdentity(stored.record.demand(), reason, values);
  input.request_id = request.request_id();
  input.archive_after_days = intake.config.archive_after_days();
  ledger::Command command;
  command.tenant = input.actor.caller.tenant;
  command.names = {{DemandKey(input.order_no)}};
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideWithdraw(view, input); };
  return command;
}

void FinishWithdraw(Intake& intake, const CallContext& context, const v1::WithdrawDemandRequest& request,
                    v1::DemandIntent& intent) {
  if (intent.settled()) return;
  const std::string& id = request.request_id();
  // Another withdrawal stands there only after this one was settled.
  const auto stored = intake.waiter.Await(ActorOf(context, intake).caller.tenant, intent.order_no(),
                                          [&id](const v1::DemandRecord& record) {
                                            return record.withdrawal().settled() || record.withdrawal().id() != id;
                                          });
  if (!stored.ok()) return;
  intent.set_state(stored->record.demand().state());
  const v1::WithdrawalIntent& withdrawal = stored->record.withdrawal();
  if (withdrawal.id() != id || !withdrawal.settled()) return;
  intent.set_settled(true);
  intent.set_granted(withdrawal.granted());
  intent.set_refusal(withdrawal.refusal());
}

absl::StatusOr<ledger::Command> MakeContactLook(const Intake& intake, const CallContext& context,
                                                const v1::ResolveContactRequest& request) {
  ContactLook look;
  look.actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(look.order_no, OrderNoOfName(request.name()));
  ASSIGN_OR_RETURN(look.purpose, RequiredText("purpose", text::SingleLine(request.purpose()), kMinPurpose, kMaxReason));
  ledger::Command command;
  command.tenant = look.actor.caller.tenant;
  command.names = {{DemandKey(look.order_no), ledger::Access::kRely}, {ContactKey(look.order_no)}};
  command.decide = [look = std::move(look)](const ledger::View& view) { return DecideContactLook(view, look); };
  return command;
}

// The contact itself is read after the look is on record, if the caller may still have it.
void FinishContactLook(const Intake& intake, const CallContext& context, const v1::ResolveContactRequest& request,
                       v1::Contact& contact) {
  const Actor actor = ActorOf(context, intake);
  const auto order_no = OrderNoOfName(request.name());
  if (!order_no.ok()) return;
  const auto stored = intake.views.Find(actor.caller.tenant, *order_no);
  if (!stored.ok() || !MayResolveContact(actor.caller, actor.role, stored->record).ok()) return;
  const auto values = intake.views.Values(actor.caller.tenant, *order_no);
  if (!values.ok()) return;
  contact.set_contact_name(values->contact_name());
  contact.set_contact_phone(values->contact_phone());
  contact.set_enterprise_name(values->enterprise_name());
  contact.set_uscc(values->uscc());
}

}  // namespace

absl::StatusOr<CreateInput> NewDemand(const Intake& intake, const Actor& actor, const v1::Demand& demand,
                                      ledger::Micros now, std::string_view path) {
  CreateInput create;
  ASSIGN_OR_RETURN(create.input, CheckRequest(intake, actor, demand, path));
  create.order_no = ids::OrderNo(now, intake.ids->Seed());
  create.sealed = SealDemand(intake, create.order_no, create.input.values);
  if (!create.input.subject_key.empty()) {
    create.matter_id =
        intake.privacy.KeyedHash(absl::StrCat("matter|", create.input.subject_key, "|", create.input.fingerprint));
  }
  create.likeness_keys = LikenessKeysOf(intake.privacy, text::GistOf(create.input.values.content()));
  create.similar_days = intake.config.similar_days();
  create.archive_after_days = intake.config.archive_after_days();
  return create;
}

absl::StatusOr<CreateInput> TakeDemand(const Intake& intake, const Actor& actor, const v1::Demand& demand,
                                       bool hold_for_answer, ledger::Micros now) {
  if (hold_for_answer && !IsOperator(actor.role)) return Error(config::v1::REASON_PERMISSION_DENIED);
  ASSIGN_OR_RETURN(CreateInput create, NewDemand(intake, actor, demand, now));
  create.hold = hold_for_answer || MustHold(create.input, actor.role);
  if (actor.role == config::v1::ROLE_SERVICE_STAFF) create.level = v1::HOLDING_LEVEL_TOWNSHIP;
  const std::string& phone = create.input.values.contact_phone();
  if (!phone.empty()) create.mark_id = intake.marks.Find(intake.privacy.BlindIndexes(phone));
  create.marked_caller_seconds = intake.config.marked_caller_seconds();
  return create;
}

void ShowCreated(const Intake& intake, const Actor& actor, v1::Demand& demand) {
  if (!SeesUnsentResult(actor.role)) demand.clear_refusal_proposal();
  if (demand.anonymous()) demand.set_query_code(intake.privacy.QueryCode(demand.order_no()));
  if (demand.state() != events::v1::ORDER_STATE_ANSWERED) return;
  const auto stored = intake.views.Find(actor.caller.tenant, demand.order_no());
  if (!stored.ok()) return;
  const auto progress = intake.views.ProgressOf(actor.caller.tenant, *stored);
  if (progress.ok()) demand.set_result_text(progress->result_text());
}

NewSupplement MakeSupplement(const Intake& intake, const Actor& actor, const std::string& order_no, std::string text) {
  NewSupplement supplement;
  supplement.id = absl::StrCat(order_no, "/", intake.ids->Uuid());
  supplement.by = actor.caller.subject;
  supplement.text = std::move(text);
  v1::TextPrivate values;
  values.set_salt(intake.privacy.Salt());
  values.set_text(supplement.text);
  supplement.sealed = intake.privacy.Seal(supplement.id, values, {});
  return supplement;
}

absl::StatusOr<SubmitRead> ReadForSubmit(const Intake& intake, const CallContext& context, const std::string& name,
                                         const std::string& etag) {
  SubmitRead read;
  SubmitInput& input = read.input;
  input.actor = ActorOf(context, intake);
  const std::string& tenant = input.actor.caller.tenant;
  ASSIGN_OR_RETURN(input.order_no, OrderNoOfName(name));
  input.etag = etag;
  ASSIGN_OR_RETURN(read.stored, intake.views.Find(tenant, input.order_no));
  input.read_version = read.stored.version;
  ASSIGN_OR_RETURN(input.values, intake.views.Values(tenant, input.order_no));
  ASSIGN_OR_RETURN(const auto supplements, intake.views.Supplements(tenant, input.order_no));
  for (const v1::Supplement& supplement : supplements) {
    input.supplements.push_back(TextForRouting(read.stored.record, supplement.text(), input.values));
  }
  ASSIGN_OR_RETURN(const auto translations, intake.views.Translations(tenant, read.stored.record));
  for (const v1::Translation& translation : translations) {
    if (translation.language().compare(0, kChinese.size(), kChinese) != 0) continue;
    input.translation.set_title(translation.title());
    input.translation.set_content(translation.content());
  }
  return read;
}

NewSupplement NoteFor(const Intake& intake, const SubmitRead& read, const std::string& text) {
  NewSupplement note = MakeSupplement(intake, read.input.actor, read.input.order_no, text::Trim(text));
  note.text = TextForRouting(read.stored.record, note.text, read.input.values);
  return note;
}

void FinishChange(const Intake& intake, const CallContext& context, v1::Demand& demand) {
  const Actor actor = ActorOf(context, intake);
  const auto values = intake.views.Values(actor.caller.tenant, demand.order_no());
  if (values.ok()) Show(*values, Sight::kMasked, demand);
}

void RegisterDemandChanges(rpc::Methods& methods, Intake& intake) {
  methods.Change<v1::CreateDemandRequest, v1::Demand>(
      kCreate, [&intake](const auto& context, const auto& request) { return MakeCreate(intake, context, request); },
      [&intake](const auto& context, const auto& request, auto& demand) {
        FinishCreate(intake, context, request, demand);
      });
  methods.ChangeOnPool<v1::SubmitDemandRequest, v1::Demand>(
      kSubmit, [&intake](const auto& context, const auto& request) { return MakeSubmit(intake, context, request); },
      [&intake](const auto& context, const auto&, auto& demand) { FinishChange(intake, context, demand); });
  methods.Change<v1::TransferDemandRequest, v1::Demand>(
      kTransfer, [&intake](const auto& context, const auto& request) { return MakeTransfer(intake, context, request); },
      [&intake](const auto& context, const auto&, auto& demand) { FinishChange(intake, context, demand); });
  methods.ChangeOnPool<v1::SupplementDemandRequest, v1::DemandIntent>(
      kSupplement,
      [&intake](const auto& context, const auto& request) { return MakeSupplementCommand(intake, context, request); },
      [&intake](const auto& context, const auto&, auto& intent) { FinishSupplement(intake, context, intent); });
  methods.ChangeOnPool<v1::WithdrawDemandRequest, v1::DemandIntent>(
      kWithdraw, [&intake](const auto& context, const auto& request) { return MakeWithdraw(intake, context, request); },
      [&intake](const auto& context, const auto& request, auto& intent) {
        FinishWithdraw(intake, context, request, intent);
      });
  methods.Change<v1::ResolveContactRequest, v1::Contact>(
      kResolve,
      [&intake](const auto& context, const auto& request) { return MakeContactLook(intake, context, request); },
      [&intake](const auto& context, const auto& request, auto& contact) {
        FinishContactLook(intake, context, request, contact);
      });
}

}  // namespace jinqi::intake
