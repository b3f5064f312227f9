#include "services/feedback/notice.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "services/feedback/kinds.h"

namespace jinqi::feedback {
namespace {

using events::v1::OrderSnapshot;
using v1::Notice;
using v1::NoticeQueueRecord;
using v1::NoticeRecord;

constexpr std::string_view kWithdrawn = "OrderWithdrawn";

std::string DateText(const google::protobuf::Timestamp& time) {
  return clock::FormatDate(clock::ShanghaiDate(clock::FromProto(time)));
}

std::string_view ResultText(events::v1::ResultType result) {
  switch (result) {
    case events::v1::RESULT_TYPE_SOLVED: return "已解决";
    case events::v1::RESULT_TYPE_PARTLY: return "部分解决";
    case events::v1::RESULT_TYPE_EXPLAINED: return "已说明情况";
    case events::v1::RESULT_TYPE_LEGAL_CHANNEL: return "已告知法定途径";
    default: return "";
  }
}

void PutDue(const OrderNews& news, google::protobuf::Map<std::string, std::string>& variables) {
  const OrderSnapshot& order = news.event.order();
  // A rework has a limit of its own; due_time never moves for it.
  const bool rework = news.type == "OrderReworked";
  if (rework && order.has_rework_due_time()) variables["due_date"] = DateText(order.rework_due_time());
  if (rework || !order.has_due_time()) return;
  variables["due_date"] = DateText(order.due_time()) + (order.due_provisional() ? "（暂定）" : "");
}

// Those that have a value; nothing personal.
void PutVariables(const OrderNews& news, const BodyNames& names, Notice& notice) {
  const OrderSnapshot& order = news.event.order();
  auto& variables = *notice.mutable_variables();
  const auto put = [&variables](const char* name, std::string_view value) {
    if (!value.empty()) variables[name] = std::string(value);
  };
  put("order_no", order.order_no());
  if (order.has_accept_time()) put("accept_date", DateText(order.accept_time()));
  PutDue(news, variables);
  if (const auto body = names.find(order.main_undertaker()); body != names.end()) put("undertaker", body->second);
  put("result", ResultText(order.result_type()));
  put("liaison_notice", order.liaison_notice());
  put("partner_name", order.partner_name());
  put("partner_phone", order.partner_phone());
  put("partner_number", order.partner_number());
}

NoticeRecord NewNotice(const OrderNews& news, const BodyNames& names) {
  const OrderSnapshot& order = news.event.order();
  NoticeRecord record;
  record.set_undertaker(order.main_undertaker());
  record.set_round(order.rework_round());
  Notice& notice = *record.mutable_notice();
  notice.set_name("notices/" + NoticeId(order.order_no(), news.number));
  notice.set_order_no(order.order_no());
  notice.set_number(news.number);
  notice.set_state(Notice::STATE_PENDING);
  notice.set_template_(std::string(TemplateOf(news.type)));
  // The hub alone reaches who is behind a confidential demand.
  notice.set_recipient(order.confidential() ? Notice::RECIPIENT_HUB : Notice::RECIPIENT_REQUESTER);
  notice.set_event(news.type);
  *notice.mutable_create_time() = news.event.time();
  *record.mutable_begin_time() = news.event.time();
  PutVariables(news, names, notice);
  outbound::Begin(*notice.mutable_delivery(), clock::FromProto(news.event.time()));
  return record;
}

absl::StatusOr<NoticeQueueRecord> QueueOf(const ledger::View& view, const std::string& order_no) {
  if (view.Find(QueueKey(order_no)) != nullptr) return view.Read<NoticeQueueRecord>(QueueKey(order_no));
  NoticeQueueRecord queue;
  queue.set_order_no(order_no);
  return queue;
}

void Change(ledger::Key key, const google::protobuf::MessageLite& body, std::string type, std::string data,
            ledger::Outcome& outcome) {
  outcome.changes.push_back(
      {std::move(key), body.SerializeAsString(), std::nullopt, {{std::move(type), std::move(data), std::nullopt}}});
}

void ChangeNotice(const NoticeRecord& record, std::string type, ledger::Outcome& outcome) {
  const Notice& notice = record.notice();
  Change(NoticeKey(NoticeId(notice.order_no(), notice.number())), record, std::move(type), notice.SerializeAsString(),
         outcome);
}

void ChangeQueue(const NoticeQueueRecord& queue, std::string type, ledger::Outcome& outcome) {
  Change(QueueKey(queue.order_no()), queue, std::move(type), "", outcome);
}

void Enqueue(NoticeQueueRecord& queue, std::int64_t number, ledger::Micros now) {
  if (queue.waiting().empty()) *queue.mutable_next_time() = clock::ToProto(now);
  queue.add_waiting(number);
}

// The next one is on its way from now on.
void Dequeue(NoticeQueueRecord& queue, ledger::Micros now) {
  queue.mutable_waiting()->erase(queue.waiting().begin());
  queue.clear_next_time();
  if (!queue.waiting().empty()) *queue.mutable_next_time() = clock::ToProto(now);
}

// The state that an attempt leads to.
void NoteAttempt(const NoticeReport& report, const config::v1::OutboundRetry& retry, ledger::Micros now,
                 Notice& notice) {
  notice.set_way(report.way);
  const outbound::Verdict verdict = outbound::Note(*notice.mutable_delivery(), report.report, retry, now);
  if (verdict == outbound::Verdict::kAgain) return;
  const bool sent = verdict == outbound::Verdict::kDelivered;
  notice.set_state(sent ? Notice::STATE_SENT : Notice::STATE_FAILED);
  notice.set_reason(std::string(outbound::Reason(verdict)));
  if (sent) *notice.mutable_send_time() = clock::ToProto(now);
}

}  // namespace

bool ConcernsNotices(std::string_view event_type) {
  return event_type == kWithdrawn || !TemplateOf(event_type).empty();
}

std::vector<ledger::Name> NoticeNames(const OrderNews& news) {
  const std::string& order_no = news.event.order().order_no();
  std::vector<ledger::Name> names = {{QueueKey(order_no)}};
  if (news.type != kWithdrawn) names.push_back({NoticeKey(NoticeId(order_no, news.number))});
  return names;
}

absl::Status AddNotice(const ledger::View& view, const OrderNews& news, const BodyNames& names,
                       ledger::Outcome& outcome) {
  const OrderSnapshot& order = news.event.order();
  if (order.anonymous()) return absl::OkStatus();
  ASSIGN_OR_RETURN(NoticeQueueRecord queue, QueueOf(view, order.order_no()));
  if (news.type == kWithdrawn) {
    queue.set_withdrawn(true);
    ChangeQueue(queue, "NoticesEnded", outcome);
    return absl::OkStatus();
  }
  if (queue.withdrawn() || view.Find(NoticeKey(NoticeId(order.order_no(), news.number))) != nullptr) {
    return absl::OkStatus();
  }
  Enqueue(queue, news.number, view.now());
  ChangeNotice(NewNotice(news, names), "NoticeMade", outcome);
  ChangeQueue(queue, "NoticeMade", outcome);
  return absl::OkStatus();
}

absl::StatusOr<ledger::Outcome> DecideNoticeReport(const ledger::View& view, const NoticeReport& report,
                                                   const config::v1::OutboundRetry& retry) {
  const ledger::Key key = NoticeKey(NoticeId(report.order_no, report.number));
  ASSIGN_OR_RETURN(NoticeQueueRecord queue, view.Read<NoticeQueueRecord>(QueueKey(report.order_no)));
  ASSIGN_OR_RETURN(NoticeRecord record, view.Read<NoticeRecord>(key));
  ledger::Outcome outcome;
  if (queue.waiting().empty() || queue.waiting(0) != report.number) return outcome;
  Notice& notice = *record.mutable_notice();
  if (!report.template_name.empty()) notice.set_template_(report.template_name);
  if (report.unsent == Notice::STATE_UNSPECIFIED) {
    NoteAttempt(report, retry, view.now(), notice);
  } else {
    notice.set_state(report.unsent);
    notice.set_reason(report.report.unsent);
    notice.mutable_delivery()->clear_next_time();
  }
  if (notice.state() == Notice::STATE_PENDING) {
    *queue.mutable_next_time() = notice.delivery().next_time();
  } else {
    Dequeue(queue, view.now());
  }
  ChangeNotice(record, "NoticeTried", outcome);
  ChangeQueue(queue, "NoticeTried", outcome);
  outcome.answer = notice.SerializeAsString();
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideRetryNotice(const ledger::View& view, const std::string& notice_id,
                                                  const std::string& etag, const BodyNames& names) {
  ASSIGN_OR_RETURN(NoticeRecord record, view.Read<NoticeRecord>(NoticeKey(notice_id)));
  Notice& notice = *record.mutable_notice();
  const std::string current = absl::StrCat(view.Find(NoticeKey(notice_id))->version);
  if (etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (etag != current) {
    return Error(config::v1::REASON_VERSION_CONFLICT, {{"etag", current}, {"state", StateName(notice.state())}});
  }
  ASSIGN_OR_RETURN(NoticeQueueRecord queue, view.Read<NoticeQueueRecord>(QueueKey(notice.order_no())));
  const bool lawful = notice.state() == Notice::STATE_HELD || notice.state() == Notice::STATE_FAILED;
  if (!lawful || queue.withdrawn()) {
    return Error(config::v1::REASON_NOTICE_STATE, {{"state", lawful ? "WITHDRAWN" : StateName(notice.state())}});
  }
  // The directory may know the body by now.
  if (const auto body = names.find(record.undertaker()); body != names.end()) {
    (*notice.mutable_variables())["undertaker"] = body->second;
  }
  ASSIGN_OR_RETURN(const auto templates,
                   view.Read<v1::NoticeTemplateRecord>(TemplateKey(TemplateId(notice.template_()))));
  Variables values = VariablesOf(record);
  values.emplace(kRatingLink, "later");
  RETURN_IF_ERROR(Fill(templates.versions().rbegin()->text(), values).status());
  notice.set_state(Notice::STATE_PENDING);
  notice.clear_reason();
  notice.set_template_(TemplateId(notice.template_()));
  outbound::Begin(*notice.mutable_delivery(), view.now());
  *record.mutable_begin_time() = clock::ToProto(view.now());
  Enqueue(queue, notice.number(), view.now());
  ledger::Outcome outcome;
  ChangeNotice(record, "NoticeRetried", outcome);
  ChangeQueue(queue, "NoticeRetried", outcome);
  notice.set_etag(absl::StrCat(view.Find(NoticeKey(notice_id))->version + 1));
  outcome.answer = notice.SerializeAsString();
  return outcome;
}

std::string StateName(Notice::State state) {
  constexpr std::size_t kPrefix = sizeof("STATE_") - 1;
  return Notice::State_Name(state).substr(kPrefix);
}

Variables VariablesOf(const NoticeRecord& record) {
  return {record.notice().variables().begin(), record.notice().variables().end()};
}

}  // namespace jinqi::feedback
