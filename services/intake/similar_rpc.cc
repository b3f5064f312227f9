// Repeats that are not word for word: requests to questions and commands (INT-09).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/text/similarity.h"
#include "common/text/text.h"
#include "jinqi/intake/v1/repeat_service.pb.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/order_view.h"
#include "services/intake/refusal.h"
#include "services/intake/similar.h"

namespace jinqi::intake {
namespace {

using rpc::CallContext;

constexpr char kFind[] = "jinqi.intake.v1.RepeatService/FindSimilarDemands";
constexpr char kGet[] = "jinqi.intake.v1.RepeatService/GetSimilarDemands";
constexpr char kMerge[] = "jinqi.intake.v1.RepeatService/MergeDemand";

constexpr std::size_t kMinContent = 5;
constexpr std::size_t kMaxContent = 4000;
constexpr std::size_t kMinTold = 2;
constexpr std::size_t kMaxTold = 1000;
// Of each key the last so many demands are looked at, and so many of those that share the most are compared.
constexpr int kPerKey = 64;
constexpr std::size_t kCompared = 24;

struct Found {
  StoredDemand stored;
  v1::DemandPrivate values;
  double score = 0;
};

// Demands that are like a text, best first.
absl::StatusOr<std::vector<Found>> FindLike(const Intake& intake, const std::string& tenant, const text::Gist& gist,
                                            const std::string& but) {
  std::vector<Found> found;
  const std::vector<std::string> keys = LikenessKeysOf(intake.privacy, gist);
  if (keys.empty()) return found;
  ASSIGN_OR_RETURN(const auto ids, intake.ledger->reader().LastIdsBySide(tenant, std::string(kLikenessKind),
                                                                         std::string(kLikenessKeys), keys, kPerKey));
  for (const std::string& order_no : text::RankBySharedKeys(ids, kCompared)) {
    if (order_no == but) continue;
    Found one;
    ASSIGN_OR_RETURN(one.stored, intake.views.Find(tenant, order_no));
    ASSIGN_OR_RETURN(one.values, intake.views.Values(tenant, order_no));
    one.score = text::Similarity(gist, text::GistOf(one.values.content()));
    if (one.score >= intake.config.similar_score()) found.push_back(std::move(one));
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
  return found;
}

// The demand as far as the actor may see it; of one that it may not see, that there is one. `uscc`: for whom it asks.
v1::SimilarDemand ShowTo(const Intake& intake, const Actor& actor, const std::string& uscc, const Found& found) {
  const v1::DemandRecord& record = found.stored.record;
  v1::Demand demand = record.demand();
  v1::SimilarDemand similar;
  similar.set_answered(demand.has_feedback_time());
  if (const auto tree = intake.trees.current(); tree != nullptr) {
    if (const v1::Category* category = tree->Find(demand.category_code())) similar.set_category_name(category->title());
  }
  const Sight sight = SightOf(actor.caller, actor.role, record);
  if (sight == Sight::kNone) {
    const auto day = clock::ShanghaiDate(clock::FromProto(demand.accept_time()));
    *similar.mutable_accept_time() = clock::ToProto(clock::StartOfDay(day));
    return similar;
  }
  similar.set_same_subject(!uscc.empty() && demand.subject().uscc() == uscc);
  *similar.mutable_accept_time() = demand.accept_time();
  similar.set_order_no(demand.order_no());
  similar.set_state(demand.state());
  similar.set_score(found.score);
  Show(found.values, sight, demand);
  similar.set_title(demand.title());
  return similar;
}

// A confidential demand is not even hinted at to those who may not see it.
bool MayBeHinted(const Actor& actor, const v1::DemandRecord& record) {
  return !record.demand().confidential() || SightOf(actor.caller, actor.role, record) != Sight::kNone;
}

v1::FindSimilarDemandsResponse Answer(const Intake& intake, const Actor& actor, const std::string& uscc,
                                      const std::vector<Found>& found) {
  v1::FindSimilarDemandsResponse response;
  for (const Found& one : found) {
    if (response.demands_size() == intake.config.similar_shown()) break;
    if (MayBeHinted(actor, one.stored.record)) *response.add_demands() = ShowTo(intake, actor, uscc, one);
  }
  return response;
}

absl::StatusOr<v1::FindSimilarDemandsResponse> FindSimilar(const Intake& intake, const CallContext& context,
                                                           const v1::FindSimilarDemandsRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const std::string content,
                   RequiredText("content", text::Trim(request.content()), kMinContent, kMaxContent));
  const std::string uscc = IsOperator(actor.role) ? text::Trim(request.uscc()) : actor.caller.uscc;
  ASSIGN_OR_RETURN(const auto found, FindLike(intake, actor.caller.tenant, text::GistOf(content), ""));
  return Answer(intake, actor, uscc, found);
}

absl::StatusOr<v1::FindSimilarDemandsResponse> GetSimilar(const Intake& intake, const CallContext& context,
                                                          const v1::GetSimilarDemandsRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOfName(request.name()));
  ASSIGN_OR_RETURN(const StoredDemand stored, intake.views.Find(tenant, order_no));
  if (SightOf(actor.caller, actor.role, stored.record) == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(const v1::DemandPrivate values, intake.views.Values(tenant, order_no));
  ASSIGN_OR_RETURN(const auto found, FindLike(intake, tenant, text::GistOf(values.content()), order_no));
  return Answer(intake, actor, stored.record.demand().subject().uscc(), found);
}

// Whether the requester of one may read what becomes of the other: both are of its subject.
absl::StatusOr<bool> AreOfOneSubject(const Intake& intake, const std::string& tenant, const std::string& one,
                                     const std::string& other) {
  ASSIGN_OR_RETURN(const StoredDemand mine, intake.views.Find(tenant, one));
  const auto theirs = intake.views.Find(tenant, other);
  if (ReasonOf(theirs.status()) == config::v1::REASON_NOT_FOUND) return false;
  RETURN_IF_ERROR(theirs.status());
  ASSIGN_OR_RETURN(const v1::DemandPrivate my_values, intake.views.Values(tenant, one));
  ASSIGN_OR_RETURN(const v1::DemandPrivate their_values, intake.views.Values(tenant, other));
  // A confidential order tells nobody but its requester.
  return !theirs->record.demand().confidential() && SameSubject(mine.record, my_values, theirs->record, their_values);
}

absl::StatusOr<ledger::Command> MakeMerge(const Intake& intake, const CallContext& context,
                                          const v1::MergeDemandRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  MergeInput input;
  ASSIGN_OR_RETURN(input.order_no, OrderNoOfName(request.name()));
  input.etag = request.etag();
  input.into = text::Trim(request.into());
  input.archive_after_days = intake.config.archive_after_days();
  ASSIGN_OR_RETURN(input.same_subject, AreOfOneSubject(intake, tenant, input.order_no, input.into));
  if (!request.told_text().empty()) {
    ASSIGN_OR_RETURN(const std::string told,
                     RequiredText("told_text", text::Trim(request.told_text()), kMinTold, kMaxTold));
    ASSIGN_OR_RETURN(const v1::DemandPrivate values, intake.views.Values(tenant, input.order_no));
    input.told = SealResult(intake.privacy, input.order_no, told, values.contact_phone());
  }
  ledger::Command command;
  command.tenant = tenant;
  command.names = {{DemandKey(input.order_no)}, {LikenessKey(input.order_no)}, {ResultKey(input.order_no)}};
  if (input.into != input.order_no && !input.into.empty()) command.names.push_back({DemandKey(input.into)});
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideMerge(view, input); };
  return command;
}

}  // namespace

void RegisterRepeats(rpc::Methods& methods, Intake& intake) {
  methods.Query<v1::FindSimilarDemandsRequest, v1::FindSimilarDemandsResponse>(
      kFind, [&intake](const auto& context, const auto& request) { return FindSimilar(intake, context, request); });
  methods.Query<v1::GetSimilarDemandsRequest, v1::FindSimilarDemandsResponse>(
      kGet, [&intake](const auto& context, const auto& request) { return GetSimilar(intake, context, request); });
  methods.ChangeOnPool<v1::MergeDemandRequest, v1::Demand>(
      kMerge, [&intake](const auto& context, const auto& request) { return MakeMerge(intake, context, request); },
      [&intake](const auto& context, const auto&, auto& demand) { FinishChange(intake, context, demand); });
}

}  // namespace jinqi::intake
