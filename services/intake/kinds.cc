#include "services/intake/kinds.h"

#include "common/calendar/calendar_copy.h"
#include "common/clock/clock.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/attachment.h"
#include "services/intake/attachment_parent.h"
#include "services/intake/caller_mark.h"
#include "services/intake/categories.h"
#include "services/intake/contact.h"
#include "services/intake/demand.h"
#include "services/intake/instant_answer.h"
#include "services/intake/kind_parts.h"
#include "services/intake/order_view.h"
#include "services/intake/similar.h"

namespace jinqi::intake {
namespace {

using ledger::ColumnType;
using ledger::Kind;
using ledger::Value;

// Whether intake holds the demand and has something left to do with it.
bool IsHere(const v1::DemandRecord& record) {
  return !record.with_routing() && record.demand().state() != events::v1::ORDER_STATE_ARCHIVED;
}

Kind DemandRecords() {
  Kind kind = Plain(kDemandKind);
  kind.columns = {{"state", ColumnType::kInteger},   {"intake_state", ColumnType::kInteger},
                  {"channel", ColumnType::kInteger}, {"district", ColumnType::kText},
                  {"uscc", ColumnType::kText},       {"requester", ColumnType::kText},
                  {"category", ColumnType::kText},   {"accept_time", ColumnType::kInteger},
                  {"queue", ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::DemandRecord>(body));
    const v1::Demand& demand = record.demand();
    const auto state = static_cast<std::int64_t>(demand.state());
    return std::vector<Value>{state,
                              IsHere(record) ? Value(state) : Value(),
                              static_cast<std::int64_t>(demand.channel()),
                              demand.subject().district_code(),
                              TextOrNull(demand.subject().uscc()),
                              TextOrNull(record.requester()),
                              demand.category_code(),
                              clock::FromProto(demand.accept_time()),
                              state == events::v1::ORDER_STATE_REGISTERED && demand.queue() == kSeatForeign
                                  ? Value(demand.queue())
                                  : Value()};
  };
  kind.person_digest = PersonDigest<v1::DemandRecord>;
  return kind;
}

Kind Supplements() {
  Kind kind = Plain(kSupplementKind);
  kind.columns = {{"order_no", ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::SupplementRecord>(body));
    return std::vector<Value>{record.order_no()};
  };
  kind.person_digest = PersonDigest<v1::SupplementRecord>;
  return kind;
}

// Without index columns, with a person row.
template <typename Record>
Kind WithPerson(std::string_view name) {
  Kind kind = Plain(name);
  kind.person_digest = PersonDigest<Record>;
  return kind;
}

Kind CallerMarkRecords() {
  Kind kind = Plain(kCallerMarkKind);
  kind.columns = {{"set_time", ColumnType::kInteger}, {"holds_until", ColumnType::kInteger}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::CallerMarkRecord>(body));
    return std::vector<Value>{clock::FromProto(record.mark().set_time()), HoldsUntil(record.mark())};
  };
  return kind;
}

}  // namespace

std::vector<Kind> Kinds() {
  std::vector<Kind> kinds = {DemandRecords(),
                             Supplements(),
                             CallerMarkRecords(),
                             WithPerson<v1::ResultRecord>(kResultKind),
                             WithPerson<v1::TranslationRecord>(kTranslationKind),
                             WithPerson<v1::AttachmentRecord>(kAttachmentKind),
                             WithPerson<v1::DraftRecord>(kDraftKind),
                             Plain(kMatterKind),
                             Plain(kTreeKind),
                             Plain(kForestKind),
                             Plain(kContactKind),
                             LikenessRecords(),
                             calendar::CalendarKind()};
  for (Kind& kind : RegisterKinds()) kinds.push_back(std::move(kind));
  return kinds;
}

}  // namespace jinqi::intake
