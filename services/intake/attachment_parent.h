// What a file belongs to: a draft, or a demand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "jinqi/intake/v1/attachment_records.pb.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/demand.h"

namespace jinqi::intake {

inline constexpr std::string_view kDraftKind = "demand_draft";

ledger::Key DraftKey(std::string_view id);
// `drafts/{id}`; NOT_FOUND for any other name.
absl::StatusOr<std::string> DraftOfName(std::string_view name);

// The record that a parent's name names; NOT_FOUND for any other name.
absl::StatusOr<ledger::Key> ParentKey(const std::string& name);

// Whether the actor made the draft, or knows the name of one that was made without login; NOT_FOUND else, and for one
// that is over.
absl::Status CheckDraftOwner(const v1::DraftRecord& draft, const Actor& actor);

// A parent as a decision reads and changes it.
class AttachmentParent {
 public:
  // NOT_FOUND without it.
  static absl::StatusOr<AttachmentParent> Read(const ledger::View& view, const std::string& name);

  // Whether the actor may add files: as CheckDraftOwner; to a demand as who may supplement it, DEMAND_ENDED once nobody
  // works on it any more.
  absl::Status CheckMayAdd(const Actor& actor) const;
  bool is_draft() const { return std::holds_alternative<v1::DraftRecord>(record_); }

  // attachments/{id}, in the order in which they were begun.
  google::protobuf::RepeatedPtrField<std::string>& attachments();
  void Forget(const std::string& attachment);

  // The record with what was changed, and why.
  ledger::Change Change(ledger::Event event) const;

 private:
  ledger::Key key_;
  std::variant<v1::DraftRecord, v1::DemandRecord> record_;
};

}  // namespace jinqi::intake
