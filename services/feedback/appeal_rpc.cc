#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/appeal.h"
#include "services/feedback/checks.h"
#include "services/feedback/feedback_rpc.h"
#include "services/feedback/lists.h"
#include "services/feedback/malice.h"

namespace jinqi::feedback {
namespace {

using rpc::CallContext;
using v1::Appeal;
using v1::AppealRecord;

constexpr std::string_view kAppeals = "appeals/";
constexpr std::string_view kRatings = "ratings/";

std::string Method(std::string_view name) { return "jinqi.feedback.v1.AppealService/" + std::string(name); }

absl::Status NotFound() { return Error(config::v1::REASON_NOT_FOUND); }

absl::StatusOr<RoundId> IdOf(std::string_view name, std::string_view prefix) {
  const auto id = ParseName(name, prefix);
  if (!id.has_value()) return NotFound();
  return *id;
}

// An undertaker sees its own; an account that is limited to a district sees that one's (GWY-04).
bool MaySee(const CallContext& context, const AppealRecord& record) {
  if (context.role == config::v1::ROLE_UNDERTAKER) return context.caller.body == record.appeal().undertaker();
  return context.caller.district.empty() || context.caller.district == record.district_code();
}

Appeal Show(const ledger::Record& stored, AppealRecord& record) {
  Appeal appeal = std::move(*record.mutable_appeal());
  appeal.set_etag(absl::StrCat(stored.version));
  return appeal;
}

class AppealRpc {
 public:
  explicit AppealRpc(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<ledger::Command> Create(const CallContext& context, const v1::CreateAppealRequest& request) const {
    ASSIGN_OR_RETURN(const RoundId id, IdOf(request.rating(), kRatings));
    RETURN_IF_ERROR(CheckAppeal(request, deps_.limits));
    AppealInput input{id, context.caller.subject, context.caller.body, {}, {}};
    for (const std::string& evidence : request.evidence()) input.evidence.push_back(text::SingleLine(evidence));
    v1::TextPrivate values;
    values.add_texts(text::Trim(request.grounds()));
    input.grounds = deps_.privates.Seal(AppealKey(id).id, std::move(values));
    ledger::Command command;
    command.names = AppealNames(id);
    command.names.push_back(calendar::RelyOnLatest());
    command.decide = [input = std::move(input), this](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
      ASSIGN_OR_RETURN(const calendar::Calendar calendar, deps_.calendar.Of(view));
      return DecideCreateAppeal(view, input, calendar, deps_.limits);
    };
    return command;
  }

  absl::StatusOr<Appeal> Get(const CallContext& context, const v1::GetAppealRequest& request) const {
    ASSIGN_OR_RETURN(const RoundId id, IdOf(request.name(), kAppeals));
    const std::string& tenant = context.caller.tenant;
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(tenant, AppealKey(id)));
    if (!stored.has_value()) return NotFound();
    AppealRecord record;
    if (!record.ParseFromString(stored->body)) return absl::DataLossError("appeal is not readable");
    if (!MaySee(context, record)) return NotFound();
    Appeal appeal = Show(*stored, record);
    ASSIGN_OR_RETURN(const auto person, deps_.ledger.reader().FindPerson(tenant, AppealKey(id).id));
    if (!person.has_value()) return appeal;
    ASSIGN_OR_RETURN(const auto values, deps_.privates.Open<v1::TextPrivate>(*person));
    if (values.texts_size() > 0) appeal.set_grounds(values.texts(0));
    return appeal;
  }

  absl::StatusOr<v1::ListAppealsResponse> List(const CallContext& context,
                                               const v1::ListAppealsRequest& request) const {
    const identity::Caller& caller = context.caller;
    const bool own = context.role == config::v1::ROLE_UNDERTAKER;
    const std::string& undertaker = own ? caller.body : request.undertaker();
    const std::string fingerprint =
        absl::StrCat("appeals|", caller.tenant, "|", caller.district, "|", undertaker, "|", request.state());
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kAppeal;
    query.order_by = "create_time";
    if (request.state() != Appeal::STATE_UNSPECIFIED) query.where.push_back(Is("state", std::int64_t{request.state()}));
    if (own || !undertaker.empty()) query.where.push_back(Is("undertaker", undertaker));
    if (!own && !caller.district.empty()) query.where.push_back(Is("district", caller.district));
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(caller.tenant, query));
    v1::ListAppealsResponse response;
    for (const ledger::Record& stored : rows.records) {
      AppealRecord record;
      if (!record.ParseFromString(stored.body)) return absl::DataLossError("appeal is not readable");
      *response.add_appeals() = Show(stored, record);
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

  static absl::StatusOr<ledger::Command> Decide(const CallContext& context, const v1::DecideAppealRequest& request) {
    ASSIGN_OR_RETURN(const RoundId id, IdOf(request.name(), kAppeals));
    RETURN_IF_ERROR(CheckDecision(request));
    DecisionInput input{id,
                        request.etag(),
                        context.caller.subject,
                        context.caller.body,
                        context.caller.district,
                        request.upheld(),
                        text::SingleLine(request.reason())};
    ledger::Command command;
    command.names = Round::Names(id);
    command.names.push_back({AppealKey(id)});
    command.decide = [input = std::move(input)](const ledger::View& view) { return DecideDecideAppeal(view, input); };
    return command;
  }

  static absl::StatusOr<ledger::Command> MarkMalicious(const CallContext& context,
                                                       const v1::MarkMaliciousRequest& request) {
    ASSIGN_OR_RETURN(const RoundId id, IdOf(request.name(), kRatings));
    Faults faults;
    CheckReason(request.reason(), "reason", faults);
    RETURN_IF_ERROR(faults.ToStatus());
    MaliceInput input{id,
                      request.etag(),
                      context.caller.subject,
                      context.caller.body,
                      context.caller.district,
                      text::SingleLine(request.reason())};
    ledger::Command command;
    command.names = Round::Names(id);
    command.decide = [input = std::move(input)](const ledger::View& view) { return DecideMarkMalicious(view, input); };
    return command;
  }

 private:
  const Deps deps_;
};

}  // namespace

void AddAppealMethods(rpc::Methods& methods, const Deps& deps) {
  const auto rpc = std::make_shared<const AppealRpc>(deps);
  methods.Change<v1::CreateAppealRequest, Appeal>(
      Method("CreateAppeal"), [rpc](const auto& context, const auto& request) { return rpc->Create(context, request); },
      [](const auto&, const auto& request, Appeal& appeal) { appeal.set_grounds(text::Trim(request.grounds())); });
  methods.Query<v1::GetAppealRequest, Appeal>(
      Method("GetAppeal"), [rpc](const auto& context, const auto& request) { return rpc->Get(context, request); });
  methods.Query<v1::ListAppealsRequest, v1::ListAppealsResponse>(
      Method("ListAppeals"), [rpc](const auto& context, const auto& request) { return rpc->List(context, request); });
  methods.Change<v1::DecideAppealRequest, Appeal>(Method("DecideAppeal"), AppealRpc::Decide);
  methods.Change<v1::MarkMaliciousRequest, v1::Rating>(Method("MarkMalicious"), AppealRpc::MarkMalicious);
}

}  // namespace jinqi::feedback
