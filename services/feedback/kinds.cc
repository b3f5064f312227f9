#include "services/feedback/kinds.h"

#include <algorithm>
#include <charconv>

#include "common/calendar/calendar_copy.h"
#include "common/clock/clock.h"
#include "jinqi/feedback/v1/records.pb.h"

namespace jinqi::feedback {
namespace {

using ledger::ColumnType;
using ledger::Value;

// More rounds than an order can have.
constexpr std::size_t kMaxRoundDigits = 4;

template <typename Message>
absl::StatusOr<Message> Parse(const std::string& body) {
  Message message;
  if (!message.ParseFromString(body)) return absl::DataLossError("body cannot be read");
  return message;
}

Value TimeOrNone(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return std::monostate();
  return clock::FromProto(time);
}

Value Flag(bool set) { return std::int64_t{set ? 1 : 0}; }

absl::StatusOr<std::vector<Value>> ExtractFollowUp(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::FollowUpRecord>(body));
  const bool bad = record.has_bad_time();
  const bool rectified = bad && record.has_rectify_time();
  return std::vector<Value>{std::int64_t{record.follow_up().state()},
                            clock::FromProto(record.follow_up().due_time()),
                            record.token_hash(),
                            record.district_code(),
                            Flag(bad),
                            Flag(rectified),
                            Flag(bad && !(rectified && record.has_bad_contact_time())),
                            TimeOrNone(bad, record.bad_time()),
                            TimeOrNone(record.has_called_done_time(), record.called_done_time())};
}

absl::StatusOr<std::vector<Value>> ExtractScore(const std::string& body) {
  ASSIGN_OR_RETURN(const auto score, Parse<v1::OrderScore>(body));
  return std::vector<Value>{Flag(score.left_out().empty() && score.has_due_time()),
                            TimeOrNone(score.has_due_time(), score.due_time()), score.main_undertaker(),
                            score.district_code()};
}

absl::StatusOr<std::vector<Value>> ExtractAppeal(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::AppealRecord>(body));
  return std::vector<Value>{std::int64_t{record.appeal().state()}, record.appeal().undertaker(), record.district_code(),
                            clock::FromProto(record.appeal().create_time())};
}

absl::StatusOr<std::vector<Value>> ExtractNotice(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::NoticeRecord>(body));
  const v1::Notice& notice = record.notice();
  return std::vector<Value>{std::int64_t{notice.state()}, notice.order_no(), clock::FromProto(notice.create_time())};
}

absl::StatusOr<std::vector<Value>> ExtractQueue(const std::string& body) {
  ASSIGN_OR_RETURN(const auto queue, Parse<v1::NoticeQueueRecord>(body));
  return std::vector<Value>{TimeOrNone(queue.has_next_time(), queue.next_time())};
}

std::vector<ledger::Kind> NoticeKinds() {
  ledger::Kind notice;
  notice.name = kNotice;
  notice.columns = {
      {"state", ColumnType::kInteger}, {"order_no", ColumnType::kText}, {"create_time", ColumnType::kInteger}};
  notice.extract = ExtractNotice;

  ledger::Kind queue;
  queue.name = kNoticeQueue;
  queue.columns = {{"next_time", ColumnType::kInteger}};
  queue.extract = ExtractQueue;

  ledger::Kind templates;
  templates.name = kNoticeTemplate;
  templates.extract = [](const std::string&) -> absl::StatusOr<std::vector<Value>> { return std::vector<Value>{}; };
  return {std::move(notice), std::move(queue), std::move(templates)};
}

template <typename Record>
std::string PersonDigest(const std::string& body) {
  Record record;
  return record.ParseFromString(body) ? record.person_digest() : std::string();
}

absl::StatusOr<std::vector<Value>> ExtractSecond(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::SecondFollowUpRecord>(body));
  const v1::SecondFollowUp& second = record.second_follow_up();
  return std::vector<Value>{std::int64_t{second.state()}, second.follower(), Flag(!second.contradictions().empty()),
                            record.district_code(), clock::FromProto(second.create_time())};
}

absl::StatusOr<std::vector<Value>> ExtractDraw(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::SecondFollowUpDrawRecord>(body));
  return std::vector<Value>{TimeOrNone(record.draw().has_create_time(), record.draw().create_time())};
}

absl::StatusOr<std::vector<Value>> ExtractFollower(const std::string& body) {
  ASSIGN_OR_RETURN(const auto follower, Parse<v1::MarkedFollower>(body));
  return std::vector<Value>{clock::FromProto(follower.mark_time())};
}

std::vector<ledger::Kind> SecondKinds() {
  ledger::Kind second;
  second.name = kSecondFollowUp;
  second.columns = {{"state", ColumnType::kInteger},
                    {"follower", ColumnType::kText},
                    {"contradicted", ColumnType::kInteger},
                    {"district", ColumnType::kText},
                    {"create_time", ColumnType::kInteger}};
  second.extract = ExtractSecond;
  second.person_digest = PersonDigest<v1::SecondFollowUpRecord>;

  ledger::Kind draw;
  draw.name = kSecondFollowUpDraw;
  draw.columns = {{"create_time", ColumnType::kInteger}};
  draw.extract = ExtractDraw;

  ledger::Kind follower;
  follower.name = kMarkedFollower;
  follower.columns = {{"mark_time", ColumnType::kInteger}};
  follower.extract = ExtractFollower;
  return {std::move(second), std::move(draw), std::move(follower)};
}

absl::StatusOr<std::vector<Value>> ExtractOpinion(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::OpinionRecord>(body));
  const v1::Opinion& opinion = record.opinion();
  return std::vector<Value>{Flag(opinion.state() != v1::Opinion::STATE_ANSWERED), clock::FromProto(opinion.due_time()),
                            opinion.target(), opinion.uscc(), record.district_code()};
}

ledger::Kind OpinionRecords() {
  ledger::Kind kind;
  kind.name = kOpinion;
  kind.columns = {{"open", ColumnType::kInteger},
                  {"due_time", ColumnType::kInteger},
                  {"target", ColumnType::kText},
                  {"uscc", ColumnType::kText},
                  {"district", ColumnType::kText}};
  kind.extract = ExtractOpinion;
  kind.person_digest = PersonDigest<v1::OpinionRecord>;
  return kind;
}

absl::StatusOr<std::vector<Value>> ExtractServiceCase(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::ServiceCaseRecord>(body));
  const v1::ServiceCase& service_case = record.service_case();
  return std::vector<Value>{std::int64_t{service_case.state()}, std::int64_t{service_case.kind()},
                            service_case.undertaker(), service_case.district_code(),
                            clock::FromProto(service_case.create_time())};
}

ledger::Kind ServiceCaseRecords() {
  ledger::Kind kind;
  kind.name = kServiceCase;
  kind.columns = {{"state", ColumnType::kInteger},
                  {"case_kind", ColumnType::kInteger},
                  {"undertaker", ColumnType::kText},
                  {"district", ColumnType::kText},
                  {"create_time", ColumnType::kInteger}};
  kind.extract = ExtractServiceCase;
  kind.person_digest = PersonDigest<v1::ServiceCaseRecord>;
  return kind;
}

ledger::Kind AppealRecords() {
  ledger::Kind kind;
  kind.name = kAppeal;
  kind.columns = {{"state", ColumnType::kInteger},
                  {"undertaker", ColumnType::kText},
                  {"district", ColumnType::kText},
                  {"create_time", ColumnType::kInteger}};
  kind.extract = ExtractAppeal;
  kind.person_digest = PersonDigest<v1::AppealRecord>;
  return kind;
}

}  // namespace

std::vector<ledger::Kind> Kinds() {
  ledger::Kind follow_up;
  follow_up.name = kFollowUp;
  follow_up.columns = {{"state", ColumnType::kInteger},
                       {"due_time", ColumnType::kInteger},
                       {"token_hash", ColumnType::kText},
                       {"district", ColumnType::kText},
                       {"bad", ColumnType::kInteger},
                       {"rectified", ColumnType::kInteger},
                       {"missing", ColumnType::kInteger},
                       {"bad_time", ColumnType::kInteger},
                       {"called_done_time", ColumnType::kInteger}};
  follow_up.extract = ExtractFollowUp;
  follow_up.person_digest = PersonDigest<v1::FollowUpRecord>;

  ledger::Kind score;
  score.name = kOrderScore;
  score.columns = {{"counted", ColumnType::kInteger},
                   {"due_time", ColumnType::kInteger},
                   {"main_undertaker", ColumnType::kText},
                   {"district", ColumnType::kText}};
  score.extract = ExtractScore;
  std::vector<ledger::Kind> kinds = {std::move(follow_up), std::move(score),     AppealRecords(),
                                     OpinionRecords(),     ServiceCaseRecords(), calendar::CalendarKind()};
  for (ledger::Kind& kind : SecondKinds()) kinds.push_back(std::move(kind));
  for (ledger::Kind& kind : NoticeKinds()) kinds.push_back(std::move(kind));
  return kinds;
}

std::string IdText(const RoundId& id) { return id.order_no + "-" + std::to_string(id.round); }

ledger::Key FollowUpKey(const RoundId& id) { return {kFollowUp, IdText(id)}; }

ledger::Key ScoreKey(const std::string& order_no) { return {kOrderScore, order_no}; }

ledger::Key AppealKey(const RoundId& id) { return {kAppeal, "appeals/" + IdText(id)}; }

ledger::Key SecondFollowUpKey(const RoundId& id) { return {kSecondFollowUp, "secondFollowUps/" + IdText(id)}; }

ledger::Key DrawKey(const std::string& draw_id) { return {kSecondFollowUpDraw, draw_id}; }

ledger::Key LatestDrawKey() { return {kSecondFollowUpDraw, "latest"}; }

ledger::Key FollowerKey(const std::string& account) { return {kMarkedFollower, account}; }

ledger::Key OpinionKey(const std::string& name) { return {kOpinion, name}; }

ledger::Key ServiceCaseKey(const std::string& name) { return {kServiceCase, name}; }

ledger::Key NoticeKey(const std::string& notice_id) { return {kNotice, notice_id}; }

ledger::Key QueueKey(const std::string& order_no) { return {kNoticeQueue, order_no}; }

ledger::Key TemplateKey(const std::string& template_id) { return {kNoticeTemplate, template_id}; }

std::string NoticeId(const std::string& order_no, std::int64_t number) {
  return order_no + "-" + std::to_string(number);
}

std::string FollowUpName(const RoundId& id) { return "followUps/" + IdText(id); }

std::string RatingName(const RoundId& id) { return "ratings/" + IdText(id); }

std::optional<RoundId> ParseId(std::string_view text) {
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const std::string_view digits = text.substr(dash + 1);
  if (digits.empty() || digits.size() > kMaxRoundDigits) return std::nullopt;
  RoundId id{std::string(text.substr(0, dash)), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id.round);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (IdText(id) != text) return std::nullopt;
  return id;
}

std::optional<RoundId> ParseName(std::string_view name, std::string_view prefix) {
  if (name.substr(0, prefix.size()) != prefix) return std::nullopt;
  return ParseId(name.substr(prefix.size()));
}

}  // namespace jinqi::feedback
