#include "services/policy_knowledge/standard_answer_rpc.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/page.h"
#include "services/policy_knowledge/standard_answer.h"

namespace jinqi::policy {
namespace {

using rpc::CallContext;
using v1::StandardAnswer;

constexpr std::string_view kService = "jinqi.policy.v1.StandardAnswerService/";

std::string Method(std::string_view name) { return std::string(kService) + std::string(name); }

// The version that the caller is shown: the last one to those who edit, to all others the one in force.
std::optional<int> ShownIndex(const CallContext& context, const v1::StandardAnswerRecord& record, absl::CivilDay day) {
  if (SeesDrafts(context)) return record.versions_size() - 1;
  return InForceOn(record, day);
}

class StandardAnswerRpc {
 public:
  StandardAnswerRpc(const Deps& deps, ledger::Ledger& ledger) : deps_(deps), ledger_(ledger) {}

  absl::StatusOr<StandardAnswer> Get(const CallContext& context, const v1::GetStandardAnswerRequest& request) const {
    ASSIGN_OR_RETURN(const AnswerName name, ParseAnswerName(request.name()));
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    const ShelvedAnswer* answer = shelf->FindAnswer(name.id);
    if (answer == nullptr) return Error(config::v1::REASON_NOT_FOUND);
    const absl::CivilDay day = clock::ShanghaiDate(context.now);
    std::optional<int> index = ShownIndex(context, answer->record, day);
    if (name.version.has_value()) index = *name.version - 1;
    if (!index.has_value() || *index >= answer->record.versions_size()) return Error(config::v1::REASON_NOT_FOUND);
    const bool published = answer->record.versions(*index).has_publish_time();
    if (!published && !SeesDrafts(context)) return Error(config::v1::REASON_NOT_FOUND);
    return ShownOn(answer->record, *index, answer->record_version, day);
  }

  absl::StatusOr<v1::ListStandardAnswersResponse> List(const CallContext& context,
                                                       const v1::ListStandardAnswersRequest& request) const {
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    const absl::CivilDay day = clock::ShanghaiDate(context.now);
    std::vector<StandardAnswer> listed;
    for (const ShelvedAnswer& answer : shelf->answers) {
      const std::optional<int> index = ShownIndex(context, answer.record, day);
      if (!index.has_value()) continue;
      StandardAnswer shown = ShownOn(answer.record, *index, answer.record_version, day);
      if (request.state() != StandardAnswer::STATE_UNSPECIFIED && request.state() != shown.state()) continue;
      listed.push_back(std::move(shown));
    }
    return PageOf<v1::ListStandardAnswersResponse>(
        context, request, absl::StrCat("answers|", static_cast<int>(request.state())), std::move(listed));
  }

  absl::StatusOr<v1::SearchStandardAnswersResponse> Search(const CallContext& context,
                                                           const v1::SearchStandardAnswersRequest& request) const {
    ASSIGN_OR_RETURN(const std::string query, CheckQuestion(request.query(), deps_.max_query));
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    const absl::CivilDay day = clock::ShanghaiDate(context.now);
    const Question question(query);
    std::vector<std::pair<int, StandardAnswer>> hits;
    for (const ShelvedAnswer& answer : shelf->answers) {
      const std::optional<int> index = InForceOn(answer.record, day);
      if (!index.has_value()) continue;
      const int score = answer.passages[static_cast<std::size_t>(*index)].Score(question);
      if (score > 0) hits.emplace_back(score, ShownOn(answer.record, *index, answer.record_version, day));
    }
    std::stable_sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<StandardAnswer> found;
    for (auto& hit : hits) found.push_back(std::move(hit.second));
    return PageOf<v1::SearchStandardAnswersResponse>(context, request, "answers?" + query, std::move(found));
  }

  absl::StatusOr<v1::ListKnowledgeGapsResponse> ListGaps(const CallContext& context,
                                                         const v1::ListKnowledgeGapsRequest& request) const {
    ASSIGN_OR_RETURN(const int size, paging::PageSize(request.has_page_size() ? std::optional<int>(request.page_size())
                                                                              : std::nullopt));
    const std::string fingerprint = absl::StrCat("gaps|", context.caller.tenant);
    ledger::Query query;
    query.kind = kKnowledgeGap;
    query.order_by = "report_time";
    query.limit = size + 1;
    if (!request.page_token().empty()) {
      ASSIGN_OR_RETURN(const std::string keyset, deps_.page_tokens.Open(request.page_token(), fingerprint));
      const std::size_t colon = keyset.find(':');
      std::int64_t time = 0;
      if (colon == std::string::npos || !absl::SimpleAtoi(keyset.substr(0, colon), &time)) {
        return Error(config::v1::REASON_PAGE_TOKEN_INVALID);
      }
      query.after = {ledger::Value(time), keyset.substr(colon + 1)};
    }
    ASSIGN_OR_RETURN(ledger::Rows rows, ledger_.reader().List(context.caller.tenant, query));
    const bool more = rows.records.size() > static_cast<std::size_t>(size);
    if (more) rows.records.pop_back();
    v1::ListKnowledgeGapsResponse response;
    for (const ledger::Record& row : rows.records) {
      v1::KnowledgeGapRecord record;
      if (!record.ParseFromString(row.body)) return absl::DataLossError("knowledge gap is not readable");
      *response.add_gaps() = record.gap();
    }
    if (more) {
      const v1::KnowledgeGap& last = *response.gaps().rbegin();
      response.set_next_page_token(deps_.page_tokens.Make(
          fingerprint, absl::StrCat(clock::FromProto(last.report_time()), ":", last.order_no())));
    }
    return response;
  }

  void Changed(const CallContext& context) const { deps_.library.Refresh(context.caller.tenant); }

 private:
  template <typename Response, typename Request>
  absl::StatusOr<Response> PageOf(const CallContext& context, const Request& request, const std::string& what,
                                  std::vector<StandardAnswer> all) const {
    const std::string fingerprint = absl::StrCat(what, "|", context.caller.tenant, "|", SeesDrafts(context));
    ASSIGN_OR_RETURN(const Slice slice, SliceOf(deps_.page_tokens, request, fingerprint, all.size()));
    Response response;
    for (std::size_t i = slice.begin; i < slice.end; ++i) *response.add_answers() = std::move(all[i]);
    response.set_next_page_token(slice.next_token);
    return response;
  }

  const Deps deps_;
  ledger::Ledger& ledger_;
};

// A change of the answer that `name_of` finds in the request.
template <typename Request, typename NameOf, typename DecideAnswer>
absl::StatusOr<ledger::Command> MakeChange(const CallContext& context, const Request& request, NameOf name_of,
                                           DecideAnswer decide) {
  ASSIGN_OR_RETURN(const AnswerName name, ParseAnswerName(name_of(request)));
  ledger::Command command;
  command.names = {{StandardAnswerKey(name.id)}};
  command.decide = [request, decide, account = context.caller.subject](const ledger::View& view) {
    return decide(view, request, account);
  };
  return command;
}

template <typename Request, typename DecideAnswer>
void AddMove(rpc::Methods& methods, std::string_view method, const std::shared_ptr<const StandardAnswerRpc>& rpc,
             DecideAnswer decide) {
  methods.Change<Request, StandardAnswer>(
      Method(method),
      [decide](const auto& context, const auto& request) {
        return MakeChange(
            context, request, [](const Request& move) { return move.name(); }, decide);
      },
      [rpc](const auto& context, const auto&, StandardAnswer&) { rpc->Changed(context); });
}

absl::StatusOr<ledger::Command> MakeCreate(const CallContext& context, const v1::CreateStandardAnswerRequest& request) {
  if (!IsAnswerId(request.answer_id())) return FieldError("answer_id", config::v1::REASON_FORMAT);
  RETURN_IF_ERROR(CheckAnswer(request.answer(), "answer."));
  ledger::Command command;
  command.names = {{StandardAnswerKey(request.answer_id())}};
  command.decide = [request, account = context.caller.subject](const ledger::View& view) {
    return DecideCreateAnswer(view, request, account);
  };
  return command;
}

absl::StatusOr<ledger::Command> MakeUpdate(const CallContext& context, const v1::UpdateStandardAnswerRequest& request) {
  RETURN_IF_ERROR(CheckAnswer(request.answer(), "answer."));
  return MakeChange(
      context, request, [](const auto& update) { return update.answer().name(); }, DecideUpdateAnswer);
}

}  // namespace

void AddStandardAnswerMethods(rpc::Methods& methods, const Deps& deps, ledger::Ledger& ledger) {
  const auto rpc = std::make_shared<const StandardAnswerRpc>(deps, ledger);
  const auto changed = [rpc](const auto& context, const auto&, StandardAnswer&) { rpc->Changed(context); };
  methods.Change<v1::CreateStandardAnswerRequest, StandardAnswer>(Method("CreateStandardAnswer"), MakeCreate, changed);
  methods.Change<v1::UpdateStandardAnswerRequest, StandardAnswer>(Method("UpdateStandardAnswer"), MakeUpdate, changed);
  AddMove<v1::SubmitStandardAnswerRequest>(methods, "SubmitStandardAnswer", rpc, DecideSubmitAnswer);
  AddMove<v1::ReviewStandardAnswerRequest>(methods, "ReviewStandardAnswer", rpc, DecideReviewAnswer);
  AddMove<v1::PublishStandardAnswerRequest>(methods, "PublishStandardAnswer", rpc, DecidePublishAnswer);
  AddMove<v1::RetireStandardAnswerRequest>(methods, "RetireStandardAnswer", rpc, DecideRetireAnswer);
  methods.Query<v1::GetStandardAnswerRequest, StandardAnswer>(
      Method("GetStandardAnswer"),
      [rpc](const auto& context, const auto& request) { return rpc->Get(context, request); });
  methods.Query<v1::ListStandardAnswersRequest, v1::ListStandardAnswersResponse>(
      Method("ListStandardAnswers"),
      [rpc](const auto& context, const auto& request) { return rpc->List(context, request); });
  methods.Query<v1::SearchStandardAnswersRequest, v1::SearchStandardAnswersResponse>(
      Method("SearchStandardAnswers"),
      [rpc](const auto& context, const auto& request) { return rpc->Search(context, request); });
  methods.Query<v1::ListKnowledgeGapsRequest, v1::ListKnowledgeGapsResponse>(
      Method("ListKnowledgeGaps"),
      [rpc](const auto& context, const auto& request) { return rpc->ListGaps(context, request); });
}

}  // namespace jinqi::policy
