// Drafts of demands, which gather files before there is an order (INT-16).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/intake/v1/attachment_records.pb.h"
#include "services/intake/attachment_parent.h"
#include "services/intake/demand.h"
#include "services/intake/privacy.h"

namespace jinqi::intake {

struct NewDraft {
  // Random: nobody guesses it.
  std::string id;
  std::string owner;
  Sealed sealed;
  int keep_days = 7;
};

absl::StatusOr<ledger::Outcome> DecideKeepDraft(const ledger::View& view, const NewDraft& draft);

struct SubmitDraftInput {
  std::string id;
  // Of the record that was read; it must still be the one.
  std::int64_t read_version = 0;
  Actor actor;
  // Its demand holds the draft's attachments.
  CreateInput create;
};

// The draft, its files, and what NamesOf(create) names.
std::vector<ledger::Name> NamesOf(const SubmitDraftInput& submit);

// Registers the draft's demand, whose files are then the demand's. Faulty files refuse it, each with its code at
// `attachments[i]`; the draft stays.
ledger::Decide DecideSubmitDraft(SubmitDraftInput submit, const Reference* reference);

// A draft that nobody submitted goes with its files.
absl::StatusOr<ledger::Outcome> DecideExpireDraft(const ledger::View& view, const std::string& id);

}  // namespace jinqi::intake
