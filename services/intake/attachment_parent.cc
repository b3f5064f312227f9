#include "services/intake/attachment_parent.h"

#include <algorithm>
#include <utility>

#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "services/intake/demand_changes.h"

namespace jinqi::intake {
namespace {

constexpr std::string_view kDraftPrefix = "drafts/";

}  // namespace

ledger::Key DraftKey(std::string_view id) { return {std::string(kDraftKind), std::string(id)}; }

absl::StatusOr<std::string> DraftOfName(std::string_view name) {
  if (!name.starts_with(kDraftPrefix) || name == kDraftPrefix) return Error(config::v1::REASON_NOT_FOUND);
  return std::string(name.substr(kDraftPrefix.size()));
}

absl::StatusOr<ledger::Key> ParentKey(const std::string& name) {
  if (const auto draft = DraftOfName(name); draft.ok()) return DraftKey(*draft);
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOfName(name));
  return DemandKey(order_no);
}

absl::Status CheckDraftOwner(const v1::DraftRecord& draft, const Actor& actor) {
  const bool theirs = draft.owner() == actor.caller.subject;
  return theirs && !draft.over() ? absl::OkStatus() : Error(config::v1::REASON_NOT_FOUND);
}

absl::StatusOr<AttachmentParent> AttachmentParent::Read(const ledger::View& view, const std::string& name) {
  AttachmentParent parent;
  ASSIGN_OR_RETURN(parent.key_, ParentKey(name));
  if (parent.key_.kind == kDemandKind) {
    ASSIGN_OR_RETURN(parent.record_, ReadDemand(view, parent.key_));
    return parent;
  }
  if (view.Find(parent.key_) == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(parent.record_, view.Read<v1::DraftRecord>(parent.key_));
  return parent;
}

absl::Status AttachmentParent::CheckMayAdd(const Actor& actor) const {
  if (is_draft()) return CheckDraftOwner(std::get<v1::DraftRecord>(record_), actor);
  const auto& demand = std::get<v1::DemandRecord>(record_);
  RETURN_IF_ERROR(CheckRequester(demand, actor, config::v1::REASON_SUPPLEMENT_NOT_YOURS));
  return lifecycle::IsOpen(demand.demand().state()) ? absl::OkStatus() : EndedError(demand);
}

google::protobuf::RepeatedPtrField<std::string>& AttachmentParent::attachments() {
  if (is_draft()) return *std::get<v1::DraftRecord>(record_).mutable_attachments();
  return *std::get<v1::DemandRecord>(record_).mutable_demand()->mutable_attachments();
}

void AttachmentParent::Forget(const std::string& attachment) {
  auto& names = attachments();
  names.erase(std::remove(names.begin(), names.end(), attachment), names.end());
}

ledger::Change AttachmentParent::Change(ledger::Event event) const {
  const std::string body = std::visit([](const auto& record) { return record.SerializeAsString(); }, record_);
  return {key_, body, std::nullopt, {std::move(event)}};
}

}  // namespace jinqi::intake
