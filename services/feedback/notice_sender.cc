#include "services/feedback/notice_sender.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "nlohmann/json.hpp"
#include "services/feedback/kinds.h"

namespace jinqi::feedback {
namespace {

using outbound::Job;
using outbound::Letter;
using v1::Notice;

template <typename Message>
absl::StatusOr<Message> ReadBody(ledger::Reader& reader, const std::string& tenant, const ledger::Key& key) {
  ASSIGN_OR_RETURN(const auto record, reader.Get(tenant, key));
  if (!record.has_value()) return Error(config::v1::REASON_NOT_FOUND, {{"id", key.id}});
  Message message;
  if (!message.ParseFromString(record->body)) return absl::DataLossError("body of " + key.kind);
  return message;
}

std::string ToJson(const Notice& notice, const std::string& template_name, const nlohmann::json& to,
                   const std::string& text) {
  return nlohmann::json{{"orderNo", notice.order_no()},
                        {"number", notice.number()},
                        {"event", notice.event()},
                        {"template", template_name},
                        {"time", clock::ToRfc3339(clock::FromProto(notice.create_time()))},
                        {"to", to},
                        {"text", text}}
      .dump();
}

}  // namespace

NoticeOwner::NoticeOwner(Setting setting, ledger::Ledger& ledger, clock::Clock& clock, const RatingTokens& tokens,
                         service::Contacts contacts, metrics::Metrics& metrics)
    : setting_(std::move(setting)), ledger_(ledger), clock_(clock), tokens_(tokens), contacts_(contacts) {
  for (const auto state : {Notice::STATE_SENT, Notice::STATE_HELD, Notice::STATE_FAILED, Notice::STATE_DROPPED}) {
    counters_[state] = &metrics.MakeCounter("jinqi_notices_total", "notices to enterprises by what became of them",
                                            {{"outcome", absl::AsciiStrToLower(StateName(state))}});
  }
}

absl::StatusOr<std::vector<Job>> NoticeOwner::Due(clock::Micros now, int limit) {
  ledger::Query query;
  query.kind = kNoticeQueue;
  query.where = {{"next_time", ledger::Comparison::kLessOrEqual, {now}}};
  query.order_by = "next_time";
  query.limit = limit;
  ASSIGN_OR_RETURN(const ledger::Rows rows, ledger_.reader().List(setting_.tenant, query));
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < rows.records.size(); ++i) {
    jobs.push_back({rows.records[i].key.id, std::get<std::int64_t>(rows.order_values[i])});
  }
  return jobs;
}

absl::StatusOr<Letter> NoticeOwner::Write(const Job& job) {
  ledger::Reader& reader = ledger_.reader();
  ASSIGN_OR_RETURN(const auto queue, ReadBody<v1::NoticeQueueRecord>(reader, setting_.tenant, QueueKey(job.id)));
  if (queue.waiting().empty()) return absl::AbortedError("another has sent it");
  in_hand_ = {};
  in_hand_.order_no = job.id;
  in_hand_.number = queue.waiting(0);
  in_hand_.way = setting_.way;
  ASSIGN_OR_RETURN(const auto record,
                   ReadBody<v1::NoticeRecord>(reader, setting_.tenant, NoticeKey(NoticeId(job.id, in_hand_.number))));
  return WriteFor(queue, record);
}

absl::StatusOr<Letter> NoticeOwner::WriteFor(const v1::NoticeQueueRecord& queue, const v1::NoticeRecord& record) {
  const Notice& notice = record.notice();
  if (queue.withdrawn()) return Unsent(Notice::STATE_DROPPED, "WITHDRAWN");
  if (outbound::IsExpired(clock::FromProto(record.begin_time()), setting_.retry, clock_.Now())) {
    return Unsent(Notice::STATE_FAILED, "EXPIRED");
  }
  ASSIGN_OR_RETURN(const auto templates,
                   ReadBody<v1::NoticeTemplateRecord>(ledger_.reader(), setting_.tenant,
                                                      TemplateKey(TemplateId(notice.template_()))));
  const v1::NoticeTemplate& in_force = *templates.versions().rbegin();
  in_hand_.template_name = TemplateName(in_force);
  Variables values = VariablesOf(record);
  ASSIGN_OR_RETURN(values[kRatingLink], LinkOf(record));
  const absl::StatusOr<std::string> text = Fill(in_force.text(), values);
  if (ReasonOf(text.status()) == config::v1::REASON_NOTICE_VARIABLE) {
    return Unsent(Notice::STATE_HELD, MetadataOf(text.status()).at("name"));
  }
  RETURN_IF_ERROR(text.status());
  nlohmann::json to = {{"hub", setting_.hub}};
  if (notice.recipient() == Notice::RECIPIENT_REQUESTER) {
    ASSIGN_OR_RETURN(const auto contact,
                     contacts_.Resolve(notice.order_no(), absl::StrCat("NOTICE ", TemplateId(notice.template_()))));
    if (!contact.has_value()) return Unsent(Notice::STATE_DROPPED, "NO_CONTACT");
    to = {{"name", contact->contact_name()}, {"phone", contact->contact_phone()}};
  }
  const std::string key = "notice-" + NoticeId(notice.order_no(), notice.number());
  return Letter{{key, ToJson(notice, in_hand_.template_name, to, *text)}, {}};
}

Letter NoticeOwner::Unsent(Notice::State state, std::string reason) {
  in_hand_.unsent = state;
  return {{}, std::move(reason)};
}

// Empty where there is no round to rate yet, and for the hub, which may not rate.
absl::StatusOr<std::string> NoticeOwner::LinkOf(const v1::NoticeRecord& record) const {
  const RoundId id{record.notice().order_no(), record.round()};
  if (record.notice().recipient() != Notice::RECIPIENT_REQUESTER) return RatingLink(setting_.rating_link, id, "");
  const auto round = ReadBody<v1::FollowUpRecord>(ledger_.reader(), setting_.tenant, FollowUpKey(id));
  if (ReasonOf(round.status()) == config::v1::REASON_NOT_FOUND) return "";
  RETURN_IF_ERROR(round.status());
  const RatingClaim claim{id, clock::FromProto(round->follow_up().rating_expire_time())};
  return RatingLink(setting_.rating_link, id, tokens_.Make(setting_.tenant, claim));
}

absl::Status NoticeOwner::Settle(const Job& /*job*/, const outbound::Report& report) {
  NoticeReport settled = in_hand_;
  settled.report = report;
  ledger::Command command;
  command.tenant = setting_.tenant;
  command.caller = "notices";
  command.method = "Notices/Settle";
  command.time = clock_.Now();
  command.names = {{QueueKey(settled.order_no)}, {NoticeKey(NoticeId(settled.order_no, settled.number))}};
  command.decide = [settled = std::move(settled), this](const ledger::View& view) {
    return DecideNoticeReport(view, settled, setting_.retry);
  };
  ASSIGN_OR_RETURN(const ledger::Answer answer, ledger_.Run(std::move(command)));
  Notice notice;
  if (!notice.ParseFromString(answer.bytes)) return absl::InternalError("answer cannot be read");
  if (const auto counter = counters_.find(notice.state()); counter != counters_.end()) counter->second->Increment();
  return absl::OkStatus();
}

}  // namespace jinqi::feedback
