#include "services/routing/undertakers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {
namespace {

constexpr std::size_t kMaxAccount = 64;

bool HasActiveContact(const v1::Undertaker& undertaker) {
  const auto& contacts = undertaker.contacts();
  return std::any_of(contacts.begin(), contacts.end(), [](const auto& contact) { return contact.active(); });
}

std::string Etag(std::int64_t version) { return absl::StrCat("\"", version, "\""); }

// A body under change.
struct Edit {
  ledger::Key key;
  v1::UndertakerRecord record;
  std::int64_t version = 0;

  v1::Undertaker& body() { return *record.mutable_undertaker(); }

  ledger::Outcome Finish(std::string event) {
    ledger::Outcome outcome;
    outcome.changes.push_back({key, record.SerializeAsString(), std::nullopt, {{std::move(event), "", std::nullopt}}});
    outcome.answer = ShowUndertaker(record, version + 1).SerializeAsString();
    return outcome;
  }
};

absl::StatusOr<Edit> Open(const ledger::View& view, const Actor& actor, const std::string& name,
                          const std::string& etag) {
  ASSIGN_OR_RETURN(const std::string code, IdOf(name, "undertakers"));
  const ledger::Record* stored = view.Find(UndertakerKey(code));
  if (stored == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  Edit edit{UndertakerKey(code), {}, stored->version};
  ASSIGN_OR_RETURN(edit.record, view.Read<v1::UndertakerRecord>(edit.key));
  // A district's own hub manages the contacts of its government and departments only.
  if (!actor.district.empty() && edit.body().district_code() != actor.district) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  if (etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (etag != Etag(stored->version)) {
    return Error(config::v1::REASON_VERSION_CONFLICT, {{"etag", Etag(stored->version)}, {"state", code}});
  }
  return edit;
}

absl::StatusOr<std::string> Account(const std::string& given, const char* field) {
  const std::string account = text::SingleLine(given);
  if (account.empty()) return FieldError(field, config::v1::REASON_REQUIRED);
  if (account.size() > kMaxAccount) return FieldError(field, config::v1::REASON_TOO_LONG);
  return account;
}

}  // namespace

std::string MissingOf(const v1::Undertaker& undertaker) {
  if (IsDistrict(undertaker)) return undertaker.hub().empty() ? kHubMissing : "";
  return HasActiveContact(undertaker) ? "" : kContactMissing;
}

std::string MissingOf(const ledger::View& view, std::string_view code, const Directory& directory) {
  const auto record = view.Read<v1::UndertakerRecord>(UndertakerKey(code));
  if (record.ok()) return MissingOf(record->undertaker());
  const v1::Undertaker* body = directory.Find(code);
  return body == nullptr ? kContactMissing : MissingOf(*body);
}

v1::Undertaker ShowUndertaker(const v1::UndertakerRecord& record, std::int64_t version) {
  v1::Undertaker out = record.undertaker();
  out.set_name("undertakers/" + out.code());
  out.set_etag(Etag(version));
  return out;
}

absl::StatusOr<ledger::Outcome> DecideNameHub(const ledger::View& view, const Actor& actor,
                                              const v1::NameDistrictHubRequest& request) {
  ASSIGN_OR_RETURN(Edit edit, Open(view, actor, request.name(), request.etag()));
  if (!IsDistrict(edit.body())) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(const std::string hub, Account(request.hub(), "hub"));
  if (!edit.body().hub().empty()) return Error(config::v1::REASON_HUB_EXISTS, {{"hub", edit.body().hub()}});
  edit.body().set_hub(hub);
  return edit.Finish("HubNamed");
}

absl::StatusOr<ledger::Outcome> DecideAddContact(const ledger::View& view, const Actor& actor,
                                                 const v1::AddUndertakerContactRequest& request) {
  ASSIGN_OR_RETURN(Edit edit, Open(view, actor, request.name(), request.etag()));
  ASSIGN_OR_RETURN(const std::string account, Account(request.account(), "account"));
  for (v1::UndertakerContact& contact : *edit.body().mutable_contacts()) {
    if (contact.account() != account) continue;
    if (contact.active()) return Error(config::v1::REASON_ALREADY_EXISTS);
    contact.set_active(true);
    return edit.Finish("ContactActivated");
  }
  v1::UndertakerContact& added = *edit.body().add_contacts();
  added.set_account(account);
  added.set_active(true);
  return edit.Finish("ContactAdded");
}

absl::StatusOr<ledger::Outcome> DecideDeactivateContact(const ledger::View& view, const Actor& actor,
                                                        const v1::DeactivateUndertakerContactRequest& request) {
  ASSIGN_OR_RETURN(Edit edit, Open(view, actor, request.name(), request.etag()));
  auto& contacts = *edit.body().mutable_contacts();
  const auto found = std::find_if(contacts.begin(), contacts.end(), [&](const v1::UndertakerContact& contact) {
    return contact.active() && contact.account() == request.account();
  });
  if (found == contacts.end()) return Error(config::v1::REASON_NOT_FOUND);
  found->set_active(false);
  if (!HasActiveContact(edit.body()) && view.Answer(0).count > 0) return Error(config::v1::REASON_LAST_CONTACT);
  return edit.Finish("ContactDeactivated");
}

ledger::Query OpenOrdersOf(std::string_view code) {
  ledger::Query query;
  query.kind = kWorkOrder;
  query.where.push_back({"main", ledger::Comparison::kEqual, {std::string(code)}});
  query.order_by = "open_due";
  query.limit = 1;
  query.count_only = true;
  return query;
}

}  // namespace jinqi::routing
