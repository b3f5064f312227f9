#include "services/routing/texts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"
#include "common/status/status.h"
#include "services/routing/human_review.h"
#include "services/routing/kinds.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

// What every person row is sealed for; the record keeps its digest, so that it cannot be moved to another.
constexpr char kAssociated[] = "person";
// Characters of a token, in front of the values.
constexpr std::size_t kSalt = 22;
// More texts of one order than anybody writes.
constexpr int kMaxTexts = 1000;

template <typename List>
auto* At(List* list, int place) {
  return place < list->size() ? list->Mutable(place) : nullptr;
}

void Put(v1::TextKind kind, int place, const std::string& text, bool own, v1::WorkOrder& order) {
  switch (kind) {
    case v1::TEXT_KIND_CONTACT:
      if (auto* contact = At(order.mutable_contacts(), place); contact != nullptr) contact->set_summary(text);
      return;
    case v1::TEXT_KIND_RESULT:
      if (auto* result = At(order.mutable_submissions(), place); result != nullptr) {
        if (!own || (result->approved() && order.has_feedback_time())) result->set_result_text(text);
      }
      return;
    case v1::TEXT_KIND_NOTE:
      if (auto* note = At(order.mutable_notes(), place); note != nullptr) note->set_text(text);
      return;
    case v1::TEXT_KIND_SUPPLEMENT:
      if (auto* supplement = At(order.mutable_supplements(), place); supplement != nullptr) supplement->set_text(text);
      return;
    case v1::TEXT_KIND_ASSIST:
      if (auto* assist = At(order.mutable_assists(), place); assist != nullptr && !own) assist->set_answer(text);
      return;
    case v1::TEXT_KIND_OPINION:
      if (auto* escalation = At(order.mutable_escalations(), place); escalation != nullptr && !own) {
        escalation->set_opinion(text);
      }
      return;
    case v1::TEXT_KIND_MINUTES:
      if (auto* escalation = At(order.mutable_escalations(), place); escalation != nullptr && !own) {
        escalation->mutable_decision()->set_minutes(text);
      }
      return;
    case v1::TEXT_KIND_HUMAN_REVIEW:
      if (!own || order.human_review().asker() != kAskedByUndertaker) order.mutable_human_review()->set_reason(text);
      return;
    default: return;
  }
}

}  // namespace

SealedText Texts::Seal(std::string id, const std::string& values) const {
  const std::string plain = ids_.Token() + values;
  return {std::move(id), vault_.Seal(plain, kAssociated), crypto::Sm3(plain)};
}

SealedText Texts::SealDemand(const std::string& order_no, const v1::WorkOrderPrivate& values) const {
  return Seal(order_no, values.SerializeAsString());
}

SealedText Texts::SealLater(const std::string& order_no, std::string_view text) const {
  if (text.empty()) return {};
  v1::TextPrivate values;
  values.set_text(std::string(text));
  return Seal(absl::StrCat(order_no, "/", ids_.Uuid()), values.SerializeAsString());
}

absl::StatusOr<std::string> Texts::Open(const ledger::Person& person) const {
  ASSIGN_OR_RETURN(const std::string plain, vault_.Open(person.sealed, kAssociated));
  if (plain.size() < kSalt) return absl::DataLossError("person row is too short");
  return plain.substr(kSalt);
}

absl::StatusOr<std::string> Texts::ReadText(ledger::Reader& reader, const std::string& tenant,
                                            const std::string& id) const {
  ASSIGN_OR_RETURN(const auto person, reader.FindPerson(tenant, id));
  if (!person.has_value()) return std::string();
  ASSIGN_OR_RETURN(const std::string plain, Open(*person));
  v1::TextPrivate values;
  if (!values.ParseFromString(plain)) return absl::DataLossError("person row cannot be read");
  return values.text();
}

absl::Status Texts::Fill(ledger::Reader& reader, const std::string& tenant, const v1::WorkOrderRecord& record,
                         const Actor& actor, v1::WorkOrder& order) const {
  const bool redacted = IsRedacted(record, actor);
  const std::vector<std::string> names = {record.order().subject().enterprise_name()};
  const auto shown = [&](const std::string& text) { return redacted ? Redact(text, names) : text; };
  ASSIGN_OR_RETURN(const auto person, reader.FindPerson(tenant, record.order().order_no()));
  if (person.has_value()) {
    ASSIGN_OR_RETURN(const std::string plain, Open(*person));
    v1::WorkOrderPrivate values;
    if (!values.ParseFromString(plain)) return absl::DataLossError("person row cannot be read");
    order.set_title(shown(values.title()));
    order.set_content(shown(values.content()));
    order.set_translated_title(shown(values.translated_title()));
    order.set_translated_content(shown(values.translated_content()));
  }
  if (record.texts() == 0) return absl::OkStatus();
  ledger::Query query;
  query.kind = kOrderText;
  query.where.push_back({"order_no", ledger::Comparison::kEqual, {record.order().order_no()}});
  query.limit = kMaxTexts;
  ASSIGN_OR_RETURN(const ledger::Rows rows, reader.List(tenant, query));
  const bool own = SightOf(record, actor) == Sight::kEnterprise;
  for (const ledger::Record& row : rows.records) {
    v1::TextRecord text;
    if (!text.ParseFromString(row.body)) return absl::DataLossError("text record cannot be read");
    ASSIGN_OR_RETURN(const std::string plain, ReadText(reader, tenant, row.key.id));
    Put(text.kind(), text.place(), shown(plain), own, order);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Texts::ResultToTell(ledger::Reader& reader, const std::string& tenant,
                                                const v1::WorkOrderRecord& record) const {
  if (record.result_text_id().empty()) return std::string();
  ASSIGN_OR_RETURN(const std::string text, ReadText(reader, tenant, record.result_text_id()));
  return Redact(text, {});
}

}  // namespace jinqi::routing
