#include "services/intake/views.h"

#include <algorithm>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/lifecycle/lifecycle.h"
#include "services/intake/demand_changes.h"
#include "services/intake/instant_answer.h"
#include "services/intake/order_view.h"

namespace jinqi::intake {
namespace {

constexpr int kMaxSupplements = 100;
constexpr absl::Duration kFirstPause = absl::Milliseconds(2);
constexpr absl::Duration kLongestPause = absl::Milliseconds(20);

// Without what the caller sent only: consent and the like.
v1::Demand Bare(const StoredDemand& stored) {
  v1::Demand demand = stored.record.demand();
  demand.set_etag(EtagOf(stored.version));
  return demand;
}

}  // namespace

absl::StatusOr<StoredDemand> DemandViews::Parse(const ledger::Record& record) {
  StoredDemand stored;
  stored.version = record.version;
  if (!stored.record.ParseFromString(record.body)) return absl::DataLossError("body of a demand");
  return stored;
}

absl::StatusOr<StoredDemand> DemandViews::Find(const std::string& tenant, const std::string& order_no) const {
  ASSIGN_OR_RETURN(const auto record, reader_->Get(tenant, DemandKey(order_no)));
  if (!record.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  return Parse(*record);
}

absl::StatusOr<v1::DemandPrivate> DemandViews::Values(const std::string& tenant, const std::string& order_no) const {
  ASSIGN_OR_RETURN(const auto person, reader_->FindPerson(tenant, order_no));
  if (!person.has_value()) return v1::DemandPrivate();
  return privacy_->Open<v1::DemandPrivate>(*person);
}

absl::StatusOr<std::string> DemandViews::Text(const std::string& tenant, const std::string& id) const {
  ASSIGN_OR_RETURN(const auto person, reader_->FindPerson(tenant, id));
  if (!person.has_value()) return std::string();
  ASSIGN_OR_RETURN(const auto values, privacy_->Open<v1::TextPrivate>(*person));
  return values.text();
}

absl::StatusOr<std::vector<ledger::Record>> DemandViews::SupplementRows(const std::string& tenant,
                                                                        const std::string& order_no) const {
  ledger::Query query;
  query.kind = std::string(kSupplementKind);
  query.where = {{"order_no", ledger::Comparison::kEqual, {order_no}}};
  query.limit = kMaxSupplements;
  ASSIGN_OR_RETURN(auto rows, reader_->List(tenant, query));
  return std::move(rows.records);
}

absl::StatusOr<std::vector<v1::Supplement>> DemandViews::Supplements(const std::string& tenant,
                                                                     const std::string& order_no) const {
  ASSIGN_OR_RETURN(const auto rows, SupplementRows(tenant, order_no));
  std::vector<v1::Supplement> supplements;
  for (const ledger::Record& row : rows) {
    v1::SupplementRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of a supplement");
    ASSIGN_OR_RETURN(const std::string text, Text(tenant, row.key.id));
    v1::Supplement& supplement = supplements.emplace_back();
    *supplement.mutable_time() = record.time();
    supplement.set_text(text);
    supplement.set_by(record.by());
  }
  return supplements;
}

absl::StatusOr<std::vector<v1::Translation>> DemandViews::Translations(const std::string& tenant,
                                                                       const v1::DemandRecord& record) const {
  std::vector<v1::Translation> translations;
  for (const std::string& language : record.translations()) {
    const std::string id = TranslationId(record.demand().order_no(), language);
    ASSIGN_OR_RETURN(const auto row, reader_->Get(tenant, TranslationKey(id)));
    v1::TranslationRecord kept;
    if (!row.has_value() || !kept.ParseFromString(row->body)) return absl::DataLossError("body of a translation");
    v1::Translation& translation = translations.emplace_back(kept.translation());
    ASSIGN_OR_RETURN(const auto person, reader_->FindPerson(tenant, id));
    if (!person.has_value()) continue;
    ASSIGN_OR_RETURN(const auto values, privacy_->Open<v1::TranslationPrivate>(*person));
    translation.set_title(values.title());
    translation.set_content(values.content());
  }
  return translations;
}

absl::StatusOr<std::vector<ledger::Key>> DemandViews::TextKeys(const std::string& tenant,
                                                               const v1::DemandRecord& record) const {
  const std::string& order_no = record.demand().order_no();
  std::vector<ledger::Key> keys;
  ASSIGN_OR_RETURN(const auto rows, SupplementRows(tenant, order_no));
  for (const ledger::Record& row : rows) keys.push_back(row.key);
  for (const std::string& language : record.translations()) {
    keys.push_back(TranslationKey(TranslationId(order_no, language)));
  }
  return keys;
}

absl::StatusOr<std::string> DemandViews::WithoutIdentityOf(const std::string& tenant, const StoredDemand& stored,
                                                           const std::string& text) const {
  const v1::Demand& demand = stored.record.demand();
  ASSIGN_OR_RETURN(const v1::DemandPrivate values, Values(tenant, demand.order_no()));
  return WithoutIdentity(demand, text, values);
}

absl::StatusOr<StoredDemand> DemandViews::ResultHolder(const std::string& tenant, const StoredDemand& stored) const {
  const v1::Demand& demand = stored.record.demand();
  if (stored.record.has_result()) return stored;
  if (!demand.merged_into().empty()) return Find(tenant, demand.merged_into());
  const bool told_again = demand.state() == events::v1::ORDER_STATE_ANSWERED ||
                          (demand.state() == events::v1::ORDER_STATE_ARCHIVED && !stored.record.with_routing());
  if (told_again && !demand.related_orders().empty()) return Find(tenant, demand.related_orders(0));
  return stored;
}

absl::StatusOr<std::string> DemandViews::ResultText(const std::string& tenant, const StoredDemand& holder) const {
  if (!holder.record.has_result()) return std::string();
  return Text(tenant, ResultId(holder.record.demand().order_no()));
}

absl::Status DemandViews::ShowResult(const Actor& actor, const StoredDemand& stored, Sight sight,
                                     v1::Demand& demand) const {
  ASSIGN_OR_RETURN(const StoredDemand holder, ResultHolder(actor.caller.tenant, stored));
  const bool sent = holder.record.demand().has_feedback_time();
  if (!sent && !SeesUnsentResult(actor.role)) {
    if (stored.record.with_routing()) demand.clear_result_type();
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::string text, ResultText(actor.caller.tenant, holder));
  if (sight == Sight::kRedacted) {
    ASSIGN_OR_RETURN(text, WithoutIdentityOf(actor.caller.tenant, stored, text));
  }
  demand.set_result_text(text);
  return absl::OkStatus();
}

absl::StatusOr<v1::Demand> DemandViews::ShownInList(const Actor& actor, const StoredDemand& stored) const {
  const Sight sight = SightOf(actor.caller, actor.role, stored.record);
  if (sight == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  v1::Demand demand = Bare(stored);
  ASSIGN_OR_RETURN(const v1::DemandPrivate values, Values(actor.caller.tenant, demand.order_no()));
  Show(values, sight, demand);
  if (SeesUnsentResult(actor.role)) {
    if (!stored.record.merged_across().empty()) demand.set_merged_into(stored.record.merged_across());
    return demand;
  }
  if (stored.record.with_routing() && !demand.has_feedback_time()) demand.clear_result_type();
  demand.clear_refusal_proposal();
  return demand;
}

absl::StatusOr<v1::Demand> DemandViews::Shown(const Actor& actor, const StoredDemand& stored) const {
  const Sight sight = SightOf(actor.caller, actor.role, stored.record);
  ASSIGN_OR_RETURN(v1::Demand demand, ShownInList(actor, stored));
  if (stored.record.supplement_count() > 0) {
    ASSIGN_OR_RETURN(auto supplements, Supplements(actor.caller.tenant, demand.order_no()));
    for (v1::Supplement& supplement : supplements) {
      if (sight == Sight::kRedacted) {
        ASSIGN_OR_RETURN(std::string text, WithoutIdentityOf(actor.caller.tenant, stored, supplement.text()));
        supplement.set_text(std::move(text));
        supplement.clear_by();
      }
      *demand.add_supplements() = std::move(supplement);
    }
  }
  ASSIGN_OR_RETURN(auto translations, Translations(actor.caller.tenant, stored.record));
  for (v1::Translation& translation : translations) {
    if (sight == Sight::kRedacted) {
      ASSIGN_OR_RETURN(*translation.mutable_title(),
                       WithoutIdentityOf(actor.caller.tenant, stored, translation.title()));
      ASSIGN_OR_RETURN(*translation.mutable_content(),
                       WithoutIdentityOf(actor.caller.tenant, stored, translation.content()));
      translation.clear_by();
    }
    *demand.add_translations() = std::move(translation);
  }
  RETURN_IF_ERROR(ShowResult(actor, stored, sight, demand));
  return demand;
}

absl::StatusOr<v1::Progress> DemandViews::ProgressOf(const std::string& tenant, const StoredDemand& stored) const {
  const v1::Demand& demand = stored.record.demand();
  ASSIGN_OR_RETURN(const StoredDemand holder, ResultHolder(tenant, stored));
  const v1::Demand& running = holder.record.demand();
  v1::Progress progress;
  progress.set_order_no(demand.order_no());
  progress.set_state(demand.state());
  progress.set_stage(std::string(lifecycle::Zh(demand.state())));
  *progress.mutable_accept_time() = demand.accept_time();
  progress.set_main_undertaker(running.main_undertaker());
  if (running.has_due_time()) *progress.mutable_due_time() = running.due_time();
  progress.set_due_provisional(running.due_provisional());
  *progress.mutable_extensions() = running.extensions();
  progress.set_liaison_notice(running.liaison_notice());
  progress.set_partner_name(running.partner_name());
  progress.set_partner_phone(running.partner_phone());
  progress.set_partner_number(running.partner_number());
  progress.set_told_channel(demand.refusal().told_channel());
  progress.set_payment_notice(demand.payment_notice());
  if (!running.has_feedback_time()) return progress;
  *progress.mutable_feedback_time() = running.feedback_time();
  ASSIGN_OR_RETURN(const std::string text, ResultText(tenant, holder));
  progress.set_result_text(text);
  // The requester of the running order rates; an anonymous one, and what ended here, is outside of the rates.
  if (running.order_no() == demand.order_no() && stored.record.with_routing() && !demand.anonymous()) {
    progress.set_rating_link(absl::StrReplaceAll(rating_link_, {{"{order_no}", demand.order_no()}}));
  }
  return progress;
}

absl::StatusOr<StoredDemand> Waiter::Await(const std::string& tenant, const std::string& order_no,
                                           const Wanted& wanted) {
  ASSIGN_OR_RETURN(StoredDemand stored, views_->Find(tenant, order_no));
  if (wanted(stored.record)) return stored;
  if (waiting_.fetch_add(1) >= max_waiting_) {
    waiting_.fetch_sub(1);
    return stored;
  }
  const auto until = std::chrono::steady_clock::now() + limit_;
  absl::Duration pause = kFirstPause;
  while (!wanted(stored.record) && std::chrono::steady_clock::now() < until) {
    absl::SleepFor(pause);
    pause = std::min(pause * 2, kLongestPause);
    absl::StatusOr<StoredDemand> read = views_->Find(tenant, order_no);
    if (!read.ok()) break;
    stored = *std::move(read);
  }
  waiting_.fetch_sub(1);
  return stored;
}

}  // namespace jinqi::intake
