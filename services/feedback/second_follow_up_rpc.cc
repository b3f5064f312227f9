#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/feedback_rpc.h"
#include "services/feedback/follow_up.h"
#include "services/feedback/lists.h"
#include "services/feedback/rates.h"
#include "services/feedback/second_follow_up.h"
#include "services/feedback/second_follow_up_draw.h"

namespace jinqi::feedback {
namespace {

using ledger::Comparison;
using rpc::CallContext;
using v1::SecondFollowUp;
using v1::SecondFollowUpDraw;
using v1::SecondFollowUpDrawRecord;
using v1::SecondFollowUpRecord;

constexpr std::string_view kSeconds = "secondFollowUps/";
constexpr std::string_view kDraws = "secondFollowUpDraws/";
// Follow-ups of one round trip while lots are drawn.
constexpr int kDrawPage = 1000;

std::string Method(std::string_view name) { return "jinqi.feedback.v1.SecondFollowUpService/" + std::string(name); }

absl::Status NotFound() { return Error(config::v1::REASON_NOT_FOUND); }

// Draws are made over the whole city.
absl::Status CheckCity(const CallContext& context) {
  if (context.caller.district.empty()) return absl::OkStatus();
  return Error(config::v1::REASON_PERMISSION_DENIED);
}

struct Found {
  RoundId id;
  std::int64_t version = 0;
  SecondFollowUpRecord record;
};

SecondFollowUp Show(std::int64_t version, SecondFollowUpRecord& record) {
  SecondFollowUp second = std::move(*record.mutable_second_follow_up());
  second.set_etag(absl::StrCat(version));
  return second;
}

class SecondFollowUpRpc {
 public:
  explicit SecondFollowUpRpc(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<ledger::Command> Draw(const CallContext& context,
                                       const v1::DrawSecondFollowUpsRequest& request) const {
    RETURN_IF_ERROR(CheckCity(context));
    ASSIGN_OR_RETURN(const Period period, ParsePeriod(request.start_date(), request.end_date()));
    if (period.end > context.now) return FieldError("end_date", config::v1::REASON_FUTURE_TIME);
    SecondFollowUpDraw draw;
    draw.set_name(std::string(kDraws) + DrawId(request.start_date(), request.end_date()));
    draw.set_start_date(request.start_date());
    draw.set_end_date(request.end_date());
    draw.set_seed(deps_.ids.Token());
    draw.set_percent(deps_.limits.second_follow_up_percent);
    draw.set_by(context.caller.subject);
    RETURN_IF_ERROR(DrawFrom(context.caller.tenant, period, draw));
    SecondFollowUpDrawRecord record;
    *record.mutable_draw() = draw;
    ledger::Command command;
    command.names = DrawNames(record);
    command.decide = [draw = std::move(draw)](const ledger::View& view) { return DecideDraw(view, draw); };
    return command;
  }

  absl::StatusOr<SecondFollowUpDraw> GetDraw(const CallContext& context,
                                             const v1::GetSecondFollowUpDrawRequest& request) const {
    RETURN_IF_ERROR(CheckCity(context));
    if (!request.name().starts_with(kDraws)) return NotFound();
    const std::string id = request.name().substr(kDraws.size());
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, DrawKey(id)));
    if (!stored.has_value() || stored->key == LatestDrawKey()) return NotFound();
    ASSIGN_OR_RETURN(SecondFollowUpDrawRecord record, ReadDraw(*stored));
    return std::move(*record.mutable_draw());
  }

  absl::StatusOr<v1::ListSecondFollowUpDrawsResponse> ListDraws(
      const CallContext& context, const v1::ListSecondFollowUpDrawsRequest& request) const {
    RETURN_IF_ERROR(CheckCity(context));
    const std::string fingerprint = absl::StrCat("secondFollowUpDraws|", context.caller.tenant);
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kSecondFollowUpDraw;
    query.order_by = "create_time";
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    v1::ListSecondFollowUpDrawsResponse response;
    for (const ledger::Record& stored : rows.records) {
      ASSIGN_OR_RETURN(SecondFollowUpDrawRecord record, ReadDraw(stored));
      record.mutable_draw()->clear_drawn();
      *response.add_draws() = std::move(*record.mutable_draw());
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

  absl::StatusOr<SecondFollowUp> Get(const CallContext& context, const v1::GetSecondFollowUpRequest& request) const {
    ASSIGN_OR_RETURN(Found found, Find(context, request.name()));
    SecondFollowUp second = Show(found.version, found.record);
    ASSIGN_OR_RETURN(const v1::TextPrivate values, Private(context.caller.tenant, second.name()));
    const int known = std::min(values.texts_size(), second.contacts_size());
    for (int i = 0; i < known; ++i) second.mutable_contacts(i)->set_text(values.texts(i));
    return second;
  }

  absl::StatusOr<v1::ListSecondFollowUpsResponse> List(const CallContext& context,
                                                       const v1::ListSecondFollowUpsRequest& request) const {
    const identity::Caller& caller = context.caller;
    const std::string fingerprint =
        absl::StrCat("secondFollowUps|", caller.tenant, "|", caller.district, "|", request.state(), "|",
                     request.follower(), "|", request.contradicted_only());
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kSecondFollowUp;
    query.order_by = "create_time";
    if (request.state() != SecondFollowUp::STATE_UNSPECIFIED) {
      query.where.push_back(Is("state", std::int64_t{request.state()}));
    }
    if (!request.follower().empty()) query.where.push_back(Is("follower", request.follower()));
    if (request.contradicted_only()) query.where.push_back(Is("contradicted", std::int64_t{1}));
    if (!caller.district.empty()) query.where.push_back(Is("district", caller.district));
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(caller.tenant, query));
    v1::ListSecondFollowUpsResponse response;
    for (const ledger::Record& stored : rows.records) {
      SecondFollowUpRecord record;
      if (!record.ParseFromString(stored.body)) return absl::DataLossError("second follow-up is not readable");
      *response.add_second_follow_ups() = Show(stored.version, record);
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

  absl::StatusOr<ledger::Command> Record(const CallContext& context,
                                         const v1::RecordSecondFollowUpRequest& request) const {
    RETURN_IF_ERROR(CheckHotline(context.caller, deps_.limits));
    RETURN_IF_ERROR(CheckSecondFollowUp(request, deps_.limits));
    ASSIGN_OR_RETURN(const Found found, Find(context, request.name()));
    const SecondFollowUp& second = found.record.second_follow_up();
    SecondInput input{
        found.id, request.etag(), context.caller.subject, context.caller.body, request.outcome(), request.recording(),
        {},       std::nullopt};
    input.answer = {request.first_call(), {request.solved(), request.satisfaction()}};
    if (const std::string text = text::Trim(request.text()); !text.empty()) {
      ASSIGN_OR_RETURN(v1::TextPrivate values, Private(context.caller.tenant, second.name()));
      while (values.texts_size() < second.contacts_size()) values.add_texts();
      values.add_texts(text);
      input.sealed = deps_.privates.Seal(second.name(), std::move(values));
    }
    ledger::Command command;
    command.names = SecondNames(found.id, second.follower());
    command.decide = [input = std::move(input), this](const ledger::View& view) {
      return DecideSecondFollowUp(view, input, deps_.limits);
    };
    return command;
  }

  absl::StatusOr<v1::ListMarkedFollowersResponse> ListFollowers(const CallContext& context,
                                                                const v1::ListMarkedFollowersRequest& request) const {
    RETURN_IF_ERROR(CheckCity(context));
    const std::string fingerprint = absl::StrCat("markedFollowers|", context.caller.tenant);
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kMarkedFollower;
    query.order_by = "mark_time";
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    v1::ListMarkedFollowersResponse response;
    for (const ledger::Record& stored : rows.records) {
      if (!response.add_followers()->ParseFromString(stored.body)) {
        return absl::DataLossError("marked follower is not readable");
      }
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

 private:
  static absl::StatusOr<SecondFollowUpDrawRecord> ReadDraw(const ledger::Record& stored) {
    SecondFollowUpDrawRecord record;
    if (!record.ParseFromString(stored.body)) return absl::DataLossError("draw is not readable");
    return record;
  }

  absl::StatusOr<Found> Find(const CallContext& context, std::string_view name) const {
    const auto id = ParseName(name, kSeconds);
    if (!id.has_value()) return NotFound();
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, SecondFollowUpKey(*id)));
    if (!stored.has_value()) return NotFound();
    Found found{*id, stored->version, {}};
    if (!found.record.ParseFromString(stored->body)) return absl::DataLossError("second follow-up is not readable");
    const std::string& district = context.caller.district;
    if (!district.empty() && district != found.record.district_code()) return NotFound();
    return found;
  }

  absl::StatusOr<v1::TextPrivate> Private(const std::string& tenant, const std::string& name) const {
    ASSIGN_OR_RETURN(const auto person, deps_.ledger.reader().FindPerson(tenant, name));
    if (!person.has_value()) return v1::TextPrivate();
    return deps_.privates.Open<v1::TextPrivate>(*person);
  }

  // The follow-ups of a period that is over stay the same: what was done in it is done for good.
  absl::Status DrawFrom(const std::string& tenant, const Period& period, SecondFollowUpDraw& draw) const {
    ledger::Query query;
    query.kind = kFollowUp;
    query.order_by = "called_done_time";
    query.where = {{"called_done_time", Comparison::kGreaterOrEqual, {period.begin}},
                   {"called_done_time", Comparison::kLess, {period.end}}};
    ledger::Query count = query;
    count.count_only = true;
    count.limit = std::numeric_limits<int>::max();
    ASSIGN_OR_RETURN(const ledger::Rows counted, deps_.ledger.reader().List(tenant, count));
    draw.set_population(counted.count);
    Lots lots(draw.seed(), DrawSize(static_cast<std::size_t>(counted.count), draw.percent()));
    query.limit = kDrawPage;
    for (;;) {
      ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(tenant, query));
      for (const ledger::Record& record : rows.records) lots.Add(record.key.id);
      if (rows.records.size() < static_cast<std::size_t>(kDrawPage)) break;
      query.after = {rows.order_values.back(), rows.records.back().key.id};
    }
    for (std::string& id : lots.Drawn()) draw.add_drawn(std::move(id));
    return absl::OkStatus();
  }

  const Deps deps_;
};

}  // namespace

void AddSecondFollowUpMethods(rpc::Methods& methods, const Deps& deps) {
  const auto rpc = std::make_shared<const SecondFollowUpRpc>(deps);
  methods.ChangeOnPool<v1::DrawSecondFollowUpsRequest, SecondFollowUpDraw>(
      Method("DrawSecondFollowUps"),
      [rpc](const auto& context, const auto& request) { return rpc->Draw(context, request); });
  methods.Query<v1::GetSecondFollowUpDrawRequest, SecondFollowUpDraw>(
      Method("GetSecondFollowUpDraw"),
      [rpc](const auto& context, const auto& request) { return rpc->GetDraw(context, request); });
  methods.Query<v1::ListSecondFollowUpDrawsRequest, v1::ListSecondFollowUpDrawsResponse>(
      Method("ListSecondFollowUpDraws"),
      [rpc](const auto& context, const auto& request) { return rpc->ListDraws(context, request); });
  methods.Query<v1::GetSecondFollowUpRequest, SecondFollowUp>(
      Method("GetSecondFollowUp"),
      [rpc](const auto& context, const auto& request) { return rpc->Get(context, request); });
  methods.Query<v1::ListSecondFollowUpsRequest, v1::ListSecondFollowUpsResponse>(
      Method("ListSecondFollowUps"),
      [rpc](const auto& context, const auto& request) { return rpc->List(context, request); });
  methods.ChangeOnPool<v1::RecordSecondFollowUpRequest, SecondFollowUp>(
      Method("RecordSecondFollowUp"),
      [rpc](const auto& context, const auto& request) { return rpc->Record(context, request); });
  methods.Query<v1::ListMarkedFollowersRequest, v1::ListMarkedFollowersResponse>(
      Method("ListMarkedFollowers"),
      [rpc](const auto& context, const auto& request) { return rpc->ListFollowers(context, request); });
}

}  // namespace jinqi::feedback
