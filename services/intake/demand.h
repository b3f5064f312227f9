// The rules of a demand while intake holds it, and of the intents on one that routing holds (INT-02, 07, 09, 20). All
// decisions are pure; intake moves an order only where common/lifecycle names it as the custodian.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/identity/caller.h"
#include "common/ledger/types.h"
#include "jinqi/config/v1/options.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/demand_fields.h"
#include "services/intake/privacy.h"
#include "services/intake/reference.h"

namespace jinqi::intake {

inline constexpr std::string_view kDemandKind = "demand";
inline constexpr std::string_view kSupplementKind = "supplement";
inline constexpr std::string_view kMatterKind = "matter";

// The timer after which what ended at intake is archived.
inline constexpr std::string_view kArchiveTimer = "archive";

ledger::Key DemandKey(std::string_view order_no);
ledger::Key SupplementKey(std::string_view id);
ledger::Key MatterKey(std::string_view id);

// `demands/{order_no}`; NOT_FOUND for any other name, as for an order that there is not (GWY-04).
absl::StatusOr<std::string> OrderNoOfName(std::string_view name);

// The etag of a record: its version.
std::string EtagOf(std::int64_t version);
// ETAG_REQUIRED, or VERSION_CONFLICT with the metadata etag and state of the record as it is.
absl::Status CheckEtag(std::string_view etag, const ledger::Record& record, events::v1::OrderState state);

// Who asks.
struct Actor {
  identity::Caller caller;
  config::v1::Role role = config::v1::ROLE_UNSPECIFIED;
};

// Whether the caller may change the demand as its requester: NOT_FOUND for what it may not see, `not_yours` for another
// account of the same enterprise that is not its legal representative (INT-20). Seats act for any caller.
absl::Status CheckRequester(const v1::DemandRecord& record, const Actor& actor, Reason not_yours);

// What is given to a new demand once, when it enters.
struct CreateInput {
  std::string order_no;
  DemandInput input;
  Sealed sealed;
  // The keyed hash of subject and matter; empty: nobody is known, so nothing is a repeat.
  std::string matter_id;
  // By what it is found when a text is like it, and for how many days (INT-09).
  std::vector<std::string> likeness_keys;
  int similar_days = 180;
  // It stays at intake for a person to answer, refuse, transfer or send on.
  bool hold = false;
  // Who holds it then (INT-14).
  v1::HoldingLevel level = v1::HOLDING_LEVEL_HOTLINE;
  // The mark on its caller's number; empty: there is none (INT-21).
  std::string mark_id;
  int marked_caller_seconds = 600;
  int archive_after_days = 15;
};

// The records that a create names before it knows of a running order.
std::vector<ledger::Name> NamesOf(const CreateInput& create);

// Registers a demand: a repeat of a running matter is MERGED into it, one of a matter that has its result is ANSWERED
// with that, a held one stays REGISTERED, all others go to dispatch. The subject of a held one is put into the
// register, and what it is found by into its own record; others follow with routing's first word, so that a create
// writes as little as it can. Reads the matter first and asks for the order that it names; where a person merged that
// into another of its subject, for the one that stands for both.
ledger::Decide DecideCreate(CreateInput create, const Reference* reference);

// What a supplement is, sealed when it entered.
struct NewSupplement {
  // `{order_no}/{uuid}`
  std::string id;
  std::string by;
  Sealed sealed;
  // As routing may see it: without identity where the demand is confidential.
  std::string text;
};

struct SubmitInput {
  std::string order_no;
  std::string etag;
  // Of the record whose private values were read; it must still be the one.
  std::int64_t read_version = 0;
  v1::DemandPrivate values;
  // Of what was added before, in order: texts as routing may see them.
  std::vector<std::string> supplements;
  // The Chinese text of a foreign one; empty: there is none (INT-19).
  v1::TranslationPrivate translation;
  // What was tried on the spot.
  std::optional<NewSupplement> note;
  Actor actor;
};

// REGISTERED → PENDING_DISPATCH; NOTE_REQUIRED from service staff and district without a note.
absl::StatusOr<ledger::Outcome> DecideSubmit(const ledger::View& view, const SubmitInput& input);
// The same on a record that the decision has changed already.
absl::StatusOr<ledger::Outcome> Submit(const ledger::View& view, v1::DemandRecord record, const SubmitInput& input);

// Whether the actor has a held demand in hand (INT-14): a seat each, service staff what is at township or park, a
// district what was handed up to it; PERMISSION_DENIED, and NOT_FOUND for what it may not see.
absl::Status CheckHolder(const v1::DemandRecord& record, const Actor& actor);

// Whether nothing can be added to the order or taken back any more, as far as intake knows; and the error that says so.
bool IsOver(const v1::DemandRecord& record);
absl::Status EndedError(const v1::DemandRecord& record);

// One step up; nothing where it is there already.
void HandOver(v1::Demand& demand, v1::HoldingLevel to, const std::string& by, ledger::Micros now);

// The record of what was tried or told, as a supplement of the demand.
ledger::Change AddNote(v1::DemandRecord& record, const NewSupplement& note, ledger::Micros now,
                       ledger::Outcome& outcome);

struct TransferInput {
  std::string order_no;
  std::string etag;
  std::string target;
  std::string by;
  int archive_after_days = 15;
};

// REGISTERED → TRANSFERRED_EMERGENCY: no undertaker's clock starts (INT-07).
absl::StatusOr<ledger::Outcome> DecideTransfer(const ledger::View& view, const TransferInput& input);

// Adds a fact; on an order that routing holds this is an intent, `reopen` once it is closed (INT-09, INT-20).
absl::StatusOr<ledger::Outcome> DecideSupplement(const ledger::View& view, const std::string& order_no,
                                                 const NewSupplement& supplement, const Actor& actor);

struct WithdrawInput {
  std::string order_no;
  // As routing may see it.
  std::string reason;
  // Without what tells who wrote it, for the history of one that routing does not have.
  std::string kept_reason;
  // Names the intent.
  std::string request_id;
  Actor actor;
  int archive_after_days = 15;
};

// REGISTERED → WITHDRAWN, or the intent of it (INT-20).
absl::StatusOr<ledger::Outcome> DecideWithdraw(const ledger::View& view, const WithdrawInput& input);

// What ended at intake → ARCHIVED.
absl::StatusOr<ledger::Outcome> DecideArchive(const ledger::View& view, const std::string& order_no);

}  // namespace jinqi::intake
