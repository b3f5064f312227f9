#include "services/routing/partner_sender.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "google/protobuf/util/json_util.h"
#include "services/routing/kinds.h"
#include "services/routing/partner.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

using outbound::Job;
using outbound::Letter;

Actor ActorFor(const std::string& partner) { return SystemActor("partner:" + partner); }

absl::StatusOr<std::string> ToJson(const v1::PartnerMessage& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return absl::InternalError("a message to a partner cannot be written");
  }
  return json;
}

}  // namespace

PartnerOwner::PartnerOwner(Options options, ledger::Ledger& ledger, clock::Clock& clock, const Texts& texts,
                           const service::Contacts& contacts)
    : options_(std::move(options)), ledger_(ledger), clock_(clock), texts_(texts), contacts_(contacts) {}

absl::StatusOr<std::vector<Job>> PartnerOwner::Due(clock::Micros now, int limit) {
  ledger::Query query;
  query.kind = kWorkOrder;
  query.where = {{"partner", ledger::Comparison::kEqual, {options_.partner}},
                 {"partner_due", ledger::Comparison::kLessOrEqual, {now}}};
  query.order_by = "partner_due";
  query.limit = limit;
  ASSIGN_OR_RETURN(const ledger::Rows rows, ledger_.reader().List(options_.tenant, query));
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < rows.records.size(); ++i) {
    jobs.push_back({rows.records[i].key.id, std::get<std::int64_t>(rows.order_values[i])});
  }
  return jobs;
}

absl::StatusOr<Letter> PartnerOwner::Write(const Job& job) {
  ASSIGN_OR_RETURN(const auto stored, ledger_.reader().Get(options_.tenant, OrderKey(job.id)));
  v1::WorkOrderRecord record;
  if (!stored.has_value() || !record.ParseFromString(stored->body)) return absl::DataLossError("body of an order");
  const bool ours = !record.partner_mail().empty() && record.partner_mail(0).partner() == options_.partner;
  if (!ours) return absl::AbortedError("another has sent it");
  const v1::PartnerMail& mail = record.partner_mail(0);
  in_hand_ = mail.number();
  const bool over = mail.kind() == v1::PARTNER_MESSAGE_KIND_TRANSFER && !IsSending(record.order(), options_.partner);
  if (over) return Letter{{}, "OVER"};
  const Micros created = clock::FromProto(mail.create_time());
  if (outbound::IsExpired(created, options_.setting.limits->partner_retry(), clock_.Now())) {
    return Letter{{}, "EXPIRED"};
  }
  ASSIGN_OR_RETURN(const v1::PartnerMessage message, MessageOf(record, mail));
  ASSIGN_OR_RETURN(std::string json, ToJson(message));
  return Letter{{absl::StrCat("partner-", job.id, "-", mail.number()), std::move(json)}, {}};
}

absl::StatusOr<v1::PartnerMessage> PartnerOwner::MessageOf(const v1::WorkOrderRecord& record,
                                                           const v1::PartnerMail& mail) const {
  v1::PartnerMessage message;
  message.set_order_no(record.order().order_no());
  message.set_kind(mail.kind());
  message.set_number(mail.number());
  *message.mutable_time() = mail.create_time();
  if (mail.kind() == v1::PARTNER_MESSAGE_KIND_TRANSFER) RETURN_IF_ERROR(AddMatter(record, message));
  return message;
}

absl::Status PartnerOwner::AddMatter(const v1::WorkOrderRecord& record, v1::PartnerMessage& message) const {
  const Actor actor = ActorFor(options_.partner);
  v1::WorkOrder order = Show(record, 0, 0, actor);
  RETURN_IF_ERROR(texts_.Fill(ledger_.reader(), options_.tenant, record, actor, order));
  message.set_demand_type(order.demand_type());
  message.set_urgency(order.urgency());
  message.set_category_code(order.category_code());
  *message.mutable_subject() = order.subject();
  message.set_title(order.title());
  message.set_content(order.content());
  if (order.has_due_time()) *message.mutable_due_time() = order.due_time();
  if (order.confidential() || order.anonymous()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto contact, contacts_.Resolve(order.order_no(), "PARTNER " + options_.partner));
  if (!contact.has_value()) return absl::OkStatus();
  message.set_contact_name(contact->contact_name());
  message.set_contact_phone(contact->contact_phone());
  return absl::OkStatus();
}

absl::Status PartnerOwner::Settle(const Job& job, const outbound::Report& report) {
  ledger::Command command;
  command.tenant = options_.tenant;
  command.caller = "partner:" + options_.partner;
  command.method = "Partner/Settle";
  command.time = clock_.Now();
  command.names = {{OrderKey(job.id)}, {HeadKey(), ledger::Access::kRely}};
  command.decide = [this, settled = PartnerReport{job.id, in_hand_, report}](const ledger::View& view) {
    return DecidePartnerReport(view, options_.setting, ActorFor(options_.partner), settled);
  };
  return ledger_.Run(std::move(command)).status();
}

}  // namespace jinqi::routing
