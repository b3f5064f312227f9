#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/feedback_rpc.h"
#include "services/feedback/lists.h"
#include "services/feedback/opinion.h"
#include "services/feedback/opinion_proposal.h"
#include "services/feedback/rating.h"

namespace jinqi::feedback {
namespace {

using ledger::Comparison;
using rpc::CallContext;
using v1::Opinion;
using v1::OpinionRecord;

constexpr char kOpinions[] = "opinions/";
constexpr std::string_view kFollowUps = "followUps/";
// The texts of a person row, in their order.
constexpr int kText = 0;
constexpr int kAnswer = 1;

std::string Method(std::string_view name) { return "jinqi.feedback.v1.OpinionService/" + std::string(name); }

absl::Status NotFound() { return Error(config::v1::REASON_NOT_FOUND); }

bool IsEnterprise(const CallContext& context) {
  return context.role == config::v1::ROLE_ENTERPRISE || context.role == config::v1::ROLE_LEGAL_REPRESENTATIVE;
}

bool IsTarget(const CallContext& context) { return context.role == config::v1::ROLE_UNDERTAKER; }

// The target sees its own, an enterprise those that it gave, an account of a district that one's (GWY-04).
bool MaySee(const CallContext& context, const OpinionRecord& record) {
  if (IsTarget(context)) return context.caller.body == record.opinion().target();
  if (IsEnterprise(context)) return IsOwner(context.caller, record);
  return context.caller.district.empty() || context.caller.district == record.district_code();
}

Opinion Show(const CallContext& context, std::int64_t version, OpinionRecord& record) {
  Opinion opinion = std::move(*record.mutable_opinion());
  opinion.set_etag(absl::StrCat(version));
  if (IsTarget(context)) HideFromTarget(opinion);
  if (IsEnterprise(context)) opinion.clear_by();
  return opinion;
}

struct Found {
  std::int64_t version = 0;
  OpinionRecord record;
};

class OpinionRpc {
 public:
  OpinionRpc(const Deps& deps, const OpinionSetting& setting) : deps_(deps), setting_(setting) {}

  absl::StatusOr<v1::ProposeOpinionsResponse> Propose(const CallContext& context,
                                                      const v1::ProposeOpinionsRequest& request) const {
    const auto id = ParseName(request.name(), kFollowUps);
    if (!id.has_value()) return NotFound();
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, FollowUpKey(*id)));
    if (!stored.has_value()) return NotFound();
    v1::FollowUpRecord round;
    if (!round.ParseFromString(stored->body)) return absl::DataLossError("follow-up is not readable");
    const std::string& district = context.caller.district;
    if (!district.empty() && district != round.district_code()) return NotFound();
    Faults faults;
    CheckText(request.text(), "text", deps_.limits, faults);
    RETURN_IF_ERROR(faults.ToStatus());
    v1::ProposeOpinionsResponse response;
    for (auto& opinion : ProposeOpinions(request.text(), setting_.rules, round.follow_up().main_undertaker())) {
      *response.add_opinions() = std::move(opinion);
    }
    response.set_rules_version(setting_.rules.version());
    return response;
  }

  absl::StatusOr<ledger::Command> Create(const CallContext& context, const v1::CreateOpinionRequest& request) const {
    const auto round = ParseName(request.follow_up(), kFollowUps);
    if (!round.has_value()) return NotFound();
    RETURN_IF_ERROR(CheckOpinion(request, setting_.targets, deps_.limits));
    OpinionInput input{{}, *round, context.caller.subject, context.caller.district, {}};
    input.opinion.set_name(absl::StrCat(kOpinions, deps_.ids.Uuid()));
    input.opinion.set_kind(request.kind());
    input.opinion.set_subject(request.subject());
    input.opinion.set_target(request.target());
    input.opinion.set_identity_consent(request.identity_consent());
    v1::TextPrivate values;
    values.add_texts(OpinionText(request));
    input.text = deps_.privates.Seal(input.opinion.name(), std::move(values));
    ledger::Command command;
    command.names = OpinionNames(input);
    command.names.push_back(calendar::RelyOnLatest());
    command.decide = [input = std::move(input), this](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
      ASSIGN_OR_RETURN(const calendar::Calendar calendar, deps_.calendar.Of(view));
      return DecideCreateOpinion(view, input, calendar, deps_.limits);
    };
    return command;
  }

  absl::StatusOr<Opinion> Get(const CallContext& context, const v1::GetOpinionRequest& request) const {
    ASSIGN_OR_RETURN(Found found, Find(context, request.name()));
    Opinion opinion = Show(context, found.version, found.record);
    ASSIGN_OR_RETURN(const v1::TextPrivate values, Private(context.caller.tenant, opinion.name()));
    if (values.texts_size() > kText) opinion.set_text(values.texts(kText));
    if (values.texts_size() > kAnswer) opinion.set_answer(values.texts(kAnswer));
    return opinion;
  }

  absl::StatusOr<v1::ListOpinionsResponse> List(const CallContext& context,
                                                const v1::ListOpinionsRequest& request) const {
    const identity::Caller& caller = context.caller;
    const std::string& target = IsTarget(context) ? caller.body : request.target();
    const std::string fingerprint = absl::StrCat("opinions|", caller.tenant, "|", caller.district, "|", caller.uscc,
                                                 "|", target, "|", request.open_only(), "|", request.late_only());
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kOpinion;
    query.order_by = "due_time";
    if (request.open_only() || request.late_only()) query.where.push_back(Is("open", std::int64_t{1}));
    if (request.late_only()) {
      query.where.push_back({"due_time", Comparison::kLessOrEqual, {context.now - clock::kSecond}});
    }
    if (IsTarget(context) || !target.empty()) query.where.push_back(Is("target", target));
    if (IsEnterprise(context)) {
      if (caller.uscc.empty()) return v1::ListOpinionsResponse();
      query.where.push_back(Is("uscc", caller.uscc));
    } else if (!IsTarget(context) && !caller.district.empty()) {
      query.where.push_back(Is("district", caller.district));
    }
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(caller.tenant, query));
    v1::ListOpinionsResponse response;
    for (const ledger::Record& stored : rows.records) {
      OpinionRecord record;
      if (!record.ParseFromString(stored.body)) return absl::DataLossError("opinion is not readable");
      *response.add_opinions() = Show(context, stored.version, record);
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

  static absl::StatusOr<ledger::Command> Receive(const CallContext& context, const v1::ReceiveOpinionRequest& request) {
    ledger::Command command;
    command.names = {{OpinionKey(request.name())}};
    command.decide = [move = MoveOf(context, request)](const ledger::View& view) {
      return DecideReceiveOpinion(view, move);
    };
    return command;
  }

  absl::StatusOr<ledger::Command> Answer(const CallContext& context, const v1::AnswerOpinionRequest& request) const {
    RETURN_IF_ERROR(CheckAnswer(request, deps_.limits));
    RETURN_IF_ERROR(Find(context, request.name()).status());
    ASSIGN_OR_RETURN(v1::TextPrivate values, Private(context.caller.tenant, request.name()));
    while (values.texts_size() <= kAnswer) values.add_texts();
    values.set_texts(kAnswer, text::Trim(request.answer()));
    ledger::Command command;
    command.names = {{OpinionKey(request.name())}};
    command.decide = [move = MoveOf(context, request), sealed = deps_.privates.Seal(request.name(), std::move(values))](
                         const ledger::View& view) { return DecideAnswerOpinion(view, move, sealed); };
    return command;
  }

 private:
  template <typename Request>
  static OpinionMove MoveOf(const CallContext& context, const Request& request) {
    return {request.name(), request.etag(), context.caller.subject, context.caller.body};
  }

  absl::StatusOr<Found> Find(const CallContext& context, const std::string& name) const {
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, OpinionKey(name)));
    if (!stored.has_value()) return NotFound();
    Found found{stored->version, {}};
    if (!found.record.ParseFromString(stored->body)) return absl::DataLossError("opinion is not readable");
    if (!MaySee(context, found.record)) return NotFound();
    return found;
  }

  absl::StatusOr<v1::TextPrivate> Private(const std::string& tenant, const std::string& name) const {
    ASSIGN_OR_RETURN(const auto person, deps_.ledger.reader().FindPerson(tenant, name));
    if (!person.has_value()) return v1::TextPrivate();
    return deps_.privates.Open<v1::TextPrivate>(*person);
  }

  const Deps deps_;
  const OpinionSetting& setting_;
};

}  // namespace

void AddOpinionMethods(rpc::Methods& methods, const Deps& deps, const OpinionSetting& setting) {
  const auto rpc = std::make_shared<const OpinionRpc>(deps, setting);
  methods.Query<v1::ProposeOpinionsRequest, v1::ProposeOpinionsResponse>(
      Method("ProposeOpinions"),
      [rpc](const auto& context, const auto& request) { return rpc->Propose(context, request); });
  methods.Change<v1::CreateOpinionRequest, Opinion>(
      Method("CreateOpinion"),
      [rpc](const auto& context, const auto& request) { return rpc->Create(context, request); },
      [](const auto&, const auto& request, Opinion& opinion) { opinion.set_text(OpinionText(request)); });
  methods.Query<v1::GetOpinionRequest, Opinion>(
      Method("GetOpinion"), [rpc](const auto& context, const auto& request) { return rpc->Get(context, request); });
  methods.Query<v1::ListOpinionsRequest, v1::ListOpinionsResponse>(
      Method("ListOpinions"), [rpc](const auto& context, const auto& request) { return rpc->List(context, request); });
  methods.Change<v1::ReceiveOpinionRequest, Opinion>(Method("ReceiveOpinion"), OpinionRpc::Receive);
  methods.ChangeOnPool<v1::AnswerOpinionRequest, Opinion>(
      Method("AnswerOpinion"),
      [rpc](const auto& context, const auto& request) { return rpc->Answer(context, request); },
      [](const auto&, const auto& request, Opinion& opinion) { opinion.set_answer(text::Trim(request.answer())); });
}

}  // namespace jinqi::feedback
