#include "services/feedback/feedback_rpc.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/follow_up.h"
#include "services/feedback/kinds.h"
#include "services/feedback/lists.h"
#include "services/feedback/rates.h"
#include "services/feedback/rating.h"
#include "services/feedback/score.h"

namespace jinqi::feedback {
namespace {

using ledger::Comparison;
using ledger::Micros;
using rpc::CallContext;
using v1::FollowUp;
using v1::FollowUpRecord;
using v1::Rating;

constexpr std::string_view kService = "jinqi.feedback.v1.FeedbackService/";
// Records of one round trip while rates are counted.
constexpr int kRatesPage = 1000;
// The longest list of orders whose bad rating is not made good; there should be none.
constexpr int kMaxMissing = 1000;

std::string Method(std::string_view name) { return std::string(kService) + std::string(name); }

absl::Status NotFound() { return Error(config::v1::REASON_NOT_FOUND); }

// One round as it stands.
struct Found {
  RoundId id;
  ledger::Record record;
  FollowUpRecord body;
};

absl::StatusOr<Found> Read(const ledger::Record& record) {
  Found found{{}, record, {}};
  const auto id = ParseId(record.key.id);
  if (!id.has_value() || !found.body.ParseFromString(record.body))
    return absl::DataLossError("follow-up is not readable");
  found.id = *id;
  return found;
}

// A round that a token was shown for.
struct Rateable {
  Found found;
  RatingClaim claim;
};

RatingClaim ClaimOf(const Found& found) {
  return {found.id, clock::FromProto(found.body.follow_up().rating_expire_time())};
}

bool IsMain(const std::string& caller_body, const FollowUpRecord& record) {
  return !caller_body.empty() && caller_body == record.follow_up().main_undertaker();
}

// An account that is limited to a district sees only its orders; an enterprise and an undertaker only its own (GWY-04).
bool MaySee(const CallContext& context, const FollowUpRecord& body) {
  const bool enterprise =
      context.role == config::v1::ROLE_ENTERPRISE || context.role == config::v1::ROLE_LEGAL_REPRESENTATIVE;
  if (enterprise) return IsOwner(context.caller, body);
  if (context.role == config::v1::ROLE_UNDERTAKER) return IsMain(context.caller.body, body);
  return context.caller.district.empty() || context.caller.district == body.district_code();
}

FollowUp ToFollowUp(const Found& found) {
  FollowUp follow_up = found.body.follow_up();
  follow_up.set_etag(absl::StrCat(found.record.version));
  return follow_up;
}

Rating ToRating(const Found& found) {
  Rating rating = found.body.rating();
  rating.set_etag(absl::StrCat(found.record.version));
  return rating;
}

// What the last value said.
std::string LastText(const v1::FollowUpPrivate& values, const Rating& rating) {
  return values.rating_texts_size() == rating.history_size() && !values.rating_texts().empty()
             ? *values.rating_texts().rbegin()
             : std::string();
}

class FeedbackRpc {
 public:
  explicit FeedbackRpc(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<FollowUp> GetFollowUp(const CallContext& context, const v1::GetFollowUpRequest& request) const {
    ASSIGN_OR_RETURN(const Found found, Find(context, request.name(), "followUps/"));
    if (!MaySee(context, found.body)) return NotFound();
    FollowUp follow_up = ToFollowUp(found);
    const bool service = context.role == config::v1::ROLE_SERVICE;
    const bool sends = MaySendLink(context.caller, found.body, deps_.limits);
    if (service || sends || MayRate(context.caller, found.body)) AddLink(context, found, follow_up);
    if (service || IsOwner(context.caller, found.body)) return follow_up;
    ASSIGN_OR_RETURN(const v1::FollowUpPrivate values, Private(context.caller.tenant, found));
    AddContactTexts(values, follow_up);
    return follow_up;
  }

  absl::StatusOr<v1::ListFollowUpsResponse> ListFollowUps(const CallContext& context,
                                                          const v1::ListFollowUpsRequest& request) const {
    const std::string fingerprint = absl::StrCat("followUps|", context.caller.tenant, "|", context.caller.district, "|",
                                                 request.state(), "|", request.late_only());
    ASSIGN_OR_RETURN(ledger::Query query, Page(request, fingerprint));
    query.kind = kFollowUp;
    query.order_by = "due_time";
    const FollowUp::State state = request.late_only() ? FollowUp::STATE_OPEN : request.state();
    if (state != FollowUp::STATE_UNSPECIFIED) query.where.push_back(Is("state", std::int64_t{state}));
    if (request.late_only()) {
      query.where.push_back({"due_time", Comparison::kLessOrEqual, {context.now - clock::kSecond}});
    }
    if (!context.caller.district.empty()) query.where.push_back(Is("district", context.caller.district));
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    v1::ListFollowUpsResponse response;
    for (const ledger::Record& record : rows.records) {
      ASSIGN_OR_RETURN(const Found found, Read(record));
      *response.add_follow_ups() = ToFollowUp(found);
    }
    response.set_next_page_token(Next(rows, query.limit, fingerprint));
    return response;
  }

  absl::StatusOr<ledger::Command> RecordFollowUp(const CallContext& context,
                                                 const v1::RecordFollowUpRequest& request) const {
    RETURN_IF_ERROR(CheckHotline(context.caller, deps_.limits));
    const auto id = ParseName(request.name(), "followUps/");
    if (!id.has_value()) return NotFound();
    RETURN_IF_ERROR(CheckContact(request, deps_.limits));
    ContactInput input;
    input.id = *id;
    input.etag = request.etag();
    input.account = context.caller.subject;
    input.body = context.caller.body;
    input.way = request.way();
    input.outcome = request.outcome();
    input.values = {request.solved(), request.satisfaction()};
    input.recording = request.recording();
    if (const std::string text = text::Trim(request.text()); !text.empty()) {
      ASSIGN_OR_RETURN(const Found found, Find(context, request.name(), "followUps/"));
      ASSIGN_OR_RETURN(v1::FollowUpPrivate values, Private(context.caller.tenant, found));
      AddAt(found.body.follow_up().contacts_size(), text, *values.mutable_contact_texts());
      if (request.solved() != events::v1::SOLVED_UNSPECIFIED) {
        AddAt(found.body.rating().history_size(), text, *values.mutable_rating_texts());
      }
      input.sealed = deps_.privates.Seal(IdText(*id), std::move(values));
    }
    ledger::Command command;
    command.names = Round::Names(*id);
    command.decide = [input = std::move(input), this](const ledger::View& view) {
      return DecideContact(view, input, deps_.limits);
    };
    return command;
  }

  absl::StatusOr<ledger::Command> CreateRating(const CallContext& context,
                                               const v1::CreateRatingRequest& request) const {
    RETURN_IF_ERROR(RefuseLiaison(context, request.order_no()));
    ASSIGN_OR_RETURN(const Rateable rateable, FindByToken(context, request.token()));
    const bool other = !request.order_no().empty() && request.order_no() != rateable.claim.id.order_no;
    if (other) return NotFound();
    return RatingCommand(context, rateable, request.rating(), DecideCreateRating);
  }

  absl::StatusOr<ledger::Command> UpdateRating(const CallContext& context,
                                               const v1::UpdateRatingRequest& request) const {
    ASSIGN_OR_RETURN(const Rateable rateable, FindByToken(context, request.token()));
    if (request.rating().name() != RatingName(rateable.claim.id)) return NotFound();
    return RatingCommand(context, rateable, request.rating(), DecideUpdateRating);
  }

  absl::StatusOr<Rating> GetRating(const CallContext& context, const v1::GetRatingRequest& request) const {
    ASSIGN_OR_RETURN(const Found found, Find(context, request.name(), "ratings/"));
    if (!MaySee(context, found.body) || !found.body.has_rating()) return NotFound();
    Rating rating = ToRating(found);
    if (context.role == config::v1::ROLE_UNDERTAKER) return rating;
    ASSIGN_OR_RETURN(const v1::FollowUpPrivate values, Private(context.caller.tenant, found));
    rating.set_text(LastText(values, rating));
    return rating;
  }

  absl::StatusOr<v1::ListBadRatingsResponse> ListBadRatings(const CallContext& context,
                                                            const v1::ListBadRatingsRequest& request) const {
    const std::string& tenant = context.caller.tenant;
    const std::string fingerprint = absl::StrCat("bad|", tenant, "|", context.caller.district);
    ASSIGN_OR_RETURN(ledger::Query query, Page(request, fingerprint));
    query.kind = kFollowUp;
    query.order_by = "bad_time";
    if (!context.caller.district.empty()) query.where.push_back(Is("district", context.caller.district));
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(tenant, query));
    v1::ListBadRatingsResponse response;
    for (const ledger::Record& record : rows.records) {
      ASSIGN_OR_RETURN(const Found found, Read(record));
      *response.add_ratings() = ToRating(found);
    }
    response.set_next_page_token(Next(rows, query.limit, fingerprint));
    ASSIGN_OR_RETURN(const std::int64_t bad, CountBad(context, {Is("bad", std::int64_t{1})}));
    ASSIGN_OR_RETURN(const std::int64_t rectified, CountBad(context, {Is("rectified", std::int64_t{1})}));
    if (const auto rate = Percent(rectified, bad); rate.has_value()) response.set_rectification_rate(*rate);
    RETURN_IF_ERROR(AddMissing(context, response));
    return response;
  }

  absl::StatusOr<v1::OrderScore> GetOrderScore(const CallContext& context,
                                               const v1::GetOrderScoreRequest& request) const {
    constexpr std::string_view kPrefix = "orderScores/";
    if (request.name().substr(0, kPrefix.size()) != kPrefix) return NotFound();
    ASSIGN_OR_RETURN(auto found, FindScore(context.caller.tenant, request.name().substr(kPrefix.size())));
    if (!found.has_value()) return NotFound();
    v1::OrderScore score = *std::move(found);
    const std::string& district = context.caller.district;
    if (!district.empty() && district != score.district_code()) return NotFound();
    score.clear_uscc();
    score.clear_requester();
    return score;
  }

  absl::StatusOr<v1::Rates> GetRates(const CallContext& context, const v1::GetRatesRequest& request) const {
    ASSIGN_OR_RETURN(const Period period, ParsePeriod(request.start_date(), request.end_date()));
    const std::string& own = context.caller.district;
    const bool foreign = !own.empty() && !request.district_code().empty() && request.district_code() != own;
    if (foreign) return Error(config::v1::REASON_PERMISSION_DENIED);
    ledger::Query query;
    query.kind = kOrderScore;
    query.order_by = "due_time";
    query.limit = kRatesPage;
    query.where = {Is("counted", std::int64_t{1}),
                   {"due_time", Comparison::kGreaterOrEqual, {period.begin}},
                   {"due_time", Comparison::kLess, {period.end}}};
    if (!request.main_undertaker().empty()) query.where.push_back(Is("main_undertaker", request.main_undertaker()));
    const std::string& district = own.empty() ? request.district_code() : own;
    if (!district.empty()) query.where.push_back(Is("district", district));
    const auto excluded = request.main_undertaker().empty() ? Excluded::kCounted : Excluded::kLeftOut;
    return Count(context.caller.tenant, std::move(query), Tally(excluded));
  }

 private:
  template <typename Request>
  absl::StatusOr<ledger::Query> Page(const Request& request, const std::string& fingerprint) const {
    return PageOf(deps_.page_tokens, request, fingerprint);
  }

  std::string Next(const ledger::Rows& rows, int limit, const std::string& fingerprint) const {
    return NextToken(deps_.page_tokens, rows, limit, fingerprint);
  }

  absl::StatusOr<Found> Find(const CallContext& context, std::string_view name, std::string_view prefix) const {
    const auto id = ParseName(name, prefix);
    if (!id.has_value()) return NotFound();
    return FindRound(context, *id);
  }

  absl::StatusOr<Found> FindRound(const CallContext& context, const RoundId& id) const {
    ASSIGN_OR_RETURN(const auto record, deps_.ledger.reader().Get(context.caller.tenant, FollowUpKey(id)));
    if (!record.has_value()) return NotFound();
    return Read(*record);
  }

  absl::StatusOr<std::optional<v1::OrderScore>> FindScore(const std::string& tenant,
                                                          const std::string& order_no) const {
    ASSIGN_OR_RETURN(const auto record, deps_.ledger.reader().Get(tenant, ScoreKey(order_no)));
    if (!record.has_value()) return std::nullopt;
    v1::OrderScore score;
    if (!score.ParseFromString(record->body)) return absl::DataLossError("score is not readable");
    return score;
  }

  // Tells its owner that an order of a liaison body is not rated; others learn nothing of it (RTE-10, GWY-04).
  absl::Status RefuseLiaison(const CallContext& context, const std::string& order_no) const {
    if (order_no.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto score, FindScore(context.caller.tenant, order_no));
    const bool refused = score.has_value() && IsLiaison(*score) && IsOwner(context.caller, *score);
    if (!refused) return absl::OkStatus();
    return Error(config::v1::REASON_LIAISON_ONLY, {{"code", score->main_undertaker()}});
  }

  // The same answer for a token that never was and one that belongs to another enterprise.
  absl::StatusOr<Rateable> FindByToken(const CallContext& context, const std::string& token) const {
    const auto claim = deps_.tokens.Read(context.caller.tenant, token);
    ASSIGN_OR_RETURN(const Found found, claim.has_value() ? FindRound(context, claim->id) : FindByHash(context, token));
    const bool foreign =
        !context.caller.uscc.empty() && !found.body.uscc().empty() && !IsOwner(context.caller, found.body);
    if (foreign) return NotFound();
    return Rateable{found, claim.value_or(ClaimOf(found))};
  }

  absl::StatusOr<Found> FindByHash(const CallContext& context, const std::string& token) const {
    ledger::Query query;
    query.kind = kFollowUp;
    query.where = {Is("token_hash", TokenHash(token))};
    query.limit = 1;
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    if (rows.records.empty()) return NotFound();
    return Read(rows.records.front());
  }

  void AddLink(const CallContext& context, const Found& found, FollowUp& follow_up) const {
    follow_up.set_rating_token(deps_.tokens.Make(context.caller.tenant, ClaimOf(found)));
    follow_up.set_rating_link(RatingLink(deps_.limits.rating_link, found.id, follow_up.rating_token()));
  }

  absl::StatusOr<v1::FollowUpPrivate> Private(const std::string& tenant, const Found& found) const {
    ASSIGN_OR_RETURN(const auto person, deps_.ledger.reader().FindPerson(tenant, IdText(found.id)));
    // It was erased.
    if (!person.has_value()) return v1::FollowUpPrivate();
    return deps_.privates.Open<v1::FollowUpPrivate>(*person);
  }

  static void AddAt(int index, std::string text, google::protobuf::RepeatedPtrField<std::string>& texts) {
    while (texts.size() < index) texts.Add();
    *texts.Add() = std::move(text);
  }

  static void AddContactTexts(const v1::FollowUpPrivate& values, FollowUp& follow_up) {
    const int known = std::min(values.contact_texts_size(), follow_up.contacts_size());
    for (int i = 0; i < known; ++i) follow_up.mutable_contacts(i)->set_text(values.contact_texts(i));
  }

  absl::StatusOr<ledger::Command> RatingCommand(const CallContext& context, const Rateable& rateable,
                                                const Rating& rating,
                                                absl::StatusOr<ledger::Outcome> (*decide)(const ledger::View&,
                                                                                          RatingInput)) const {
    const Found& found = rateable.found;
    RatingInput input;
    input.claim = rateable.claim;
    input.values = {rating.solved(), rating.satisfaction()};
    const std::string text = text::Trim(rating.text());
    Faults faults;
    CheckValues(input.values, "rating.", faults);
    CheckText(text, "rating.text", deps_.limits, faults);
    RETURN_IF_ERROR(faults.ToStatus());
    if (!text.empty()) {
      ASSIGN_OR_RETURN(v1::FollowUpPrivate values, Private(context.caller.tenant, found));
      AddAt(found.body.rating().history_size(), text, *values.mutable_rating_texts());
      input.old_digest = found.body.person_digest();
      input.sealed = deps_.privates.Seal(IdText(found.id), std::move(values));
    }
    ledger::Command command;
    command.names = Round::Names(found.id);
    command.decide = [input = std::move(input), decide](const ledger::View& view) { return decide(view, input); };
    return command;
  }

  absl::StatusOr<std::int64_t> CountBad(const CallContext& context, std::vector<ledger::Condition> where) const {
    ledger::Query query;
    query.kind = kFollowUp;
    query.where = std::move(where);
    if (!context.caller.district.empty()) query.where.push_back(Is("district", context.caller.district));
    query.limit = std::numeric_limits<int>::max();
    query.count_only = true;
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    return rows.count;
  }

  absl::Status AddMissing(const CallContext& context, v1::ListBadRatingsResponse& response) const {
    ledger::Query query;
    query.kind = kFollowUp;
    query.where = {Is("missing", std::int64_t{1})};
    if (!context.caller.district.empty()) query.where.push_back(Is("district", context.caller.district));
    query.order_by = "bad_time";
    query.limit = kMaxMissing;
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    for (const ledger::Record& record : rows.records) {
      ASSIGN_OR_RETURN(const Found found, Read(record));
      response.add_missing(found.id.order_no);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<v1::Rates> Count(const std::string& tenant, ledger::Query query, Tally tally) const {
    v1::OrderScore score;
    for (;;) {
      ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(tenant, query));
      for (const ledger::Record& record : rows.records) {
        if (!score.ParseFromString(record.body)) return absl::DataLossError("score is not readable");
        tally.Add(score);
      }
      if (rows.records.size() < static_cast<std::size_t>(query.limit))
        return tally.ToRates(deps_.limits.partly_percent);
      query.after = {rows.order_values.back(), rows.records.back().key.id};
    }
  }

  const Deps deps_;
};

}  // namespace

void AddMethods(rpc::Methods& methods, const Deps& deps) {
  const auto rpc = std::make_shared<const FeedbackRpc>(deps);
  methods.Query<v1::GetFollowUpRequest, FollowUp>(
      Method("GetFollowUp"),
      [rpc](const auto& context, const auto& request) { return rpc->GetFollowUp(context, request); });
  methods.Query<v1::ListFollowUpsRequest, v1::ListFollowUpsResponse>(
      Method("ListFollowUps"),
      [rpc](const auto& context, const auto& request) { return rpc->ListFollowUps(context, request); });
  methods.ChangeOnPool<v1::RecordFollowUpRequest, FollowUp>(
      Method("RecordFollowUp"),
      [rpc](const auto& context, const auto& request) { return rpc->RecordFollowUp(context, request); });
  methods.ChangeOnPool<v1::CreateRatingRequest, Rating>(
      Method("CreateRating"),
      [rpc](const auto& context, const auto& request) { return rpc->CreateRating(context, request); },
      [](const auto&, const auto& request, Rating& rating) { rating.set_text(text::Trim(request.rating().text())); });
  methods.ChangeOnPool<v1::UpdateRatingRequest, Rating>(
      Method("UpdateRating"),
      [rpc](const auto& context, const auto& request) { return rpc->UpdateRating(context, request); },
      [](const auto&, const auto& request, Rating& rating) { rating.set_text(text::Trim(request.rating().text())); });
  methods.Query<v1::GetRatingRequest, Rating>(Method("GetRating"), [rpc](const auto& context, const auto& request) {
    return rpc->GetRating(context, request);
  });
  methods.Query<v1::ListBadRatingsRequest, v1::ListBadRatingsResponse>(
      Method("ListBadRatings"),
      [rpc](const auto& context, const auto& request) { return rpc->ListBadRatings(context, request); });
  methods.Query<v1::GetOrderScoreRequest, v1::OrderScore>(
      Method("GetOrderScore"),
      [rpc](const auto& context, const auto& request) { return rpc->GetOrderScore(context, request); });
  methods.Query<v1::GetRatesRequest, v1::Rates>(
      Method("GetRates"), [rpc](const auto& context, const auto& request) { return rpc->GetRates(context, request); });
}

}  // namespace jinqi::feedback
