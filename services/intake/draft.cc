#include "services/intake/draft.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/intake/attachment.h"
#include "services/intake/demand_changes.h"

namespace jinqi::intake {
namespace {

using ledger::Outcome;
using ledger::View;

// Every file of the draft, or their faults.
absl::StatusOr<std::vector<v1::AttachmentRecord>> ReadFiles(const View& view, const v1::DraftRecord& draft) {
  std::vector<v1::AttachmentRecord> files;
  Faults faults;
  for (int i = 0; i < draft.attachments_size(); ++i) {
    ASSIGN_OR_RETURN(const std::string id, AttachmentOfName(draft.attachments(i)));
    ASSIGN_OR_RETURN(v1::AttachmentRecord record, ReadAttachment(view, id));
    AddFault(record, absl::StrCat("attachments[", i, "]"), faults);
    files.push_back(std::move(record));
  }
  RETURN_IF_ERROR(faults.ToStatus());
  return files;
}

// The draft's files are the demand's from here on, and its history knows their hashes.
absl::Status HandOver(const std::vector<v1::AttachmentRecord>& files, const std::string& order_no, Outcome& outcome) {
  std::vector<ledger::Event> added;
  for (v1::AttachmentRecord record : files) {
    v1::Attachment& attachment = *record.mutable_attachment();
    attachment.set_parent(absl::StrCat("demands/", order_no));
    ASSIGN_OR_RETURN(const std::string id, AttachmentOfName(attachment.name()));
    const std::string body = record.SerializeAsString();
    outcome.changes.push_back({AttachmentKey(id), body, std::nullopt, {{"AttachmentHandedOver", body, std::nullopt}}});
    added.push_back(
        Note("AttachmentAdded", "ATTACHMENT_ADDED", absl::StrCat(attachment.name(), " ", attachment.sha256())));
  }
  for (ledger::Change& change : outcome.changes) {
    if (change.key != DemandKey(order_no)) continue;
    std::move(added.begin(), added.end(), std::back_inserter(change.events));
  }
  return absl::OkStatus();
}

absl::StatusOr<Outcome> SubmitDraft(const View& view, const SubmitDraftInput& submit, const ledger::Decide& create) {
  const ledger::Key key = DraftKey(submit.id);
  if (view.Find(key) == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(v1::DraftRecord draft, view.Read<v1::DraftRecord>(key));
  RETURN_IF_ERROR(CheckDraftOwner(draft, submit.actor));
  if (view.Find(key)->version != submit.read_version) {
    return Error(config::v1::REASON_VERSION_CONFLICT, {{"state", "DRAFT"}});
  }
  ASSIGN_OR_RETURN(const auto files, ReadFiles(view, draft));
  ASSIGN_OR_RETURN(Outcome outcome, create(view));
  if (!outcome.need.empty()) return outcome;
  const std::string& order_no = submit.create.order_no;
  RETURN_IF_ERROR(HandOver(files, order_no, outcome));
  draft.set_over(true);
  draft.set_order_no(order_no);
  draft.clear_attachments();
  outcome.erase_persons.push_back(submit.id);
  outcome.changes.push_back({key,
                             draft.SerializeAsString(),
                             std::vector<ledger::Timer>{},
                             {Note("DraftSubmitted", "DRAFT_SUBMITTED", order_no)}});
  return outcome;
}

}  // namespace

absl::StatusOr<Outcome> DecideKeepDraft(const View& view, const NewDraft& input) {
  const ledger::Micros end = view.now() + input.keep_days * clock::kDay;
  v1::DraftRecord record;
  record.set_person_digest(input.sealed.digest);
  record.set_owner(input.owner);
  v1::Draft& draft = *record.mutable_draft();
  draft.set_name(absl::StrCat("drafts/", input.id));
  *draft.mutable_create_time() = clock::ToProto(view.now());
  *draft.mutable_expire_time() = clock::ToProto(end);
  Outcome outcome;
  outcome.changes.push_back({DraftKey(input.id),
                             record.SerializeAsString(),
                             {{{std::string(kExpireTimer), end}}},
                             {Note("DraftKept", "DRAFT_KEPT", "")}});
  outcome.persons.push_back(input.sealed.person);
  outcome.answer = draft.SerializeAsString();
  return outcome;
}

std::vector<ledger::Name> NamesOf(const SubmitDraftInput& submit) {
  std::vector<ledger::Name> names = NamesOf(submit.create);
  names.push_back({DraftKey(submit.id)});
  for (const std::string& name : submit.create.input.demand.attachments()) {
    if (const auto id = AttachmentOfName(name); id.ok()) names.push_back({AttachmentKey(*id)});
  }
  return names;
}

ledger::Decide DecideSubmitDraft(SubmitDraftInput submit, const Reference* reference) {
  ledger::Decide create = DecideCreate(submit.create, reference);
  return [submit = std::move(submit), create = std::move(create)](const View& view) {
    return SubmitDraft(view, submit, create);
  };
}

absl::StatusOr<Outcome> DecideExpireDraft(const View& view, const std::string& id) {
  ASSIGN_OR_RETURN(v1::DraftRecord draft, view.Read<v1::DraftRecord>(DraftKey(id)));
  Outcome outcome;
  if (draft.over()) return outcome;
  RETURN_IF_ERROR(EraseAttachments(view, draft.attachments(), "AttachmentExpired", outcome));
  draft.set_over(true);
  draft.clear_attachments();
  outcome.erase_persons.push_back(id);
  outcome.changes.push_back({DraftKey(id),
                             draft.SerializeAsString(),
                             std::vector<ledger::Timer>{},
                             {Note("DraftExpired", "DRAFT_EXPIRED", "")}});
  return outcome;
}

}  // namespace jinqi::intake
