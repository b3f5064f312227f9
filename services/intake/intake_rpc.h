// Requests to commands and questions, and back. The rules are in the decide functions.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/ids/ids.h"
#include "common/ledger/ledger.h"
#include "common/paging/paging.h"
#include "common/rpc/methods.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "services/intake/attachments.h"
#include "services/intake/caller_mark.h"
#include "services/intake/knowledge.h"
#include "services/intake/privacy.h"
#include "services/intake/rating_link.h"
#include "services/intake/reference.h"
#include "services/intake/views.h"

namespace jinqi::intake {

// What the methods stand on; outlives them.
struct Intake {
  Intake(const config::v1::IntakeConfig& given_config, Reference given_reference, ledger::Ledger* given_ledger,
         const crypto::Vault* vault, ids::Ids* given_ids, const paging::PageTokens* given_page_tokens);

  // Publishes the first category tree where none is, and takes the one in force into memory.
  absl::Status LoadTrees(ledger::Micros now);

  const config::v1::IntakeConfig config;
  const Reference reference;
  ledger::Ledger* const ledger;
  ids::Ids* const ids;
  const paging::PageTokens* const page_tokens;
  const Privacy privacy;
  const DemandViews views;
  Waiter waiter;
  Trees trees;
  CallerMarks marks;
  KnowledgeBase knowledge;
  RatingLinks rating_links;
  std::unique_ptr<Attachments> attachments;
};

void RegisterMethods(rpc::Methods& methods, Intake& intake);

// By the noun that they are about.
void RegisterDemandChanges(rpc::Methods& methods, Intake& intake);
void RegisterDemandQueries(rpc::Methods& methods, Intake& intake);
void RegisterAnswers(rpc::Methods& methods, Intake& intake);
void RegisterRepeats(rpc::Methods& methods, Intake& intake);
void RegisterCallerMarks(rpc::Methods& methods, Intake& intake);
void RegisterAttachments(rpc::Methods& methods, Intake& intake);
void RegisterDrafts(rpc::Methods& methods, Intake& intake);
void RegisterCategories(rpc::Methods& methods, Intake& intake);
void RegisterEnterprises(rpc::Methods& methods, Intake& intake);
void RegisterServiceAreas(rpc::Methods& methods, Intake& intake);
void RegisterServiceAreaQueries(rpc::Methods& methods, Intake& intake);
void RegisterVisits(rpc::Methods& methods, Intake& intake);
void RegisterImport(rpc::Methods& methods, Intake& intake);

// What is given to a demand of the actor when it enters; its faults are told below `path`.
absl::StatusOr<CreateInput> NewDemand(const Intake& intake, const Actor& actor, const v1::Demand& demand,
                                      ledger::Micros now, std::string_view path = "demand");

// The same, with what becomes of it where a caller sends it: held for a person or not (`hold_for_answer`: as it asks),
// and the mark on its number.
absl::StatusOr<CreateInput> TakeDemand(const Intake& intake, const Actor& actor, const v1::Demand& demand,
                                       bool hold_for_answer, ledger::Micros now);

// Puts into the answer to a creation what its caller may have of it beside its own values: the query code, the result
// that was told again.
void ShowCreated(const Intake& intake, const Actor& actor, v1::Demand& demand);

// Who calls; the platform's city where nobody is logged in.
Actor ActorOf(const rpc::CallContext& context, const Intake& intake);

// A text that must be there, within its limits.
absl::StatusOr<std::string> RequiredText(std::string_view field, std::string text, std::size_t minimum,
                                         std::size_t maximum);

// A new fact on an order, sealed.
NewSupplement MakeSupplement(const Intake& intake, const Actor& actor, const std::string& order_no, std::string text);

// What a decision that sends a held demand on is given, read before it; without a note.
struct SubmitRead {
  StoredDemand stored;
  SubmitInput input;
};
absl::StatusOr<SubmitRead> ReadForSubmit(const Intake& intake, const rpc::CallContext& context, const std::string& name,
                                         const std::string& etag);
// The note on it, as routing may have it.
NewSupplement NoteFor(const Intake& intake, const SubmitRead& read, const std::string& text);

// Puts into the answer to a change what its caller may see.
void FinishChange(const Intake& intake, const rpc::CallContext& context, v1::Demand& demand);

}  // namespace jinqi::intake
