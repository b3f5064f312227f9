// 典型案例、常见问题: from a closed order to what everybody may read (FBK-12).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/identity/caller.h"
#include "common/ledger/types.h"
#include "common/status/status.h"
#include "services/feedback/kinds.h"
#include "services/feedback/private_part.h"

namespace jinqi::feedback {

// Every faulty field at once.
absl::Status CheckServiceCase(v1::ServiceCase::Kind kind, const v1::ServiceCaseTexts& texts,
                              const google::protobuf::RepeatedPtrField<std::string>& policies);

// Trimmed; the title is one line.
v1::ServiceCaseTexts CleanTexts(v1::ServiceCaseTexts texts);
// Without what tells who somebody is. `known`: names of the order's enterprise and contact.
v1::ServiceCaseTexts Deidentified(v1::ServiceCaseTexts texts, const std::vector<std::string>& known);
// PERSONAL_DATA_FOUND {kinds} while a text tells who somebody is.
absl::Status CheckDeidentified(const v1::ServiceCaseTexts& texts, const std::vector<std::string>& known);

// Who acts on a case.
struct CaseActor {
  config::v1::Role role = config::v1::ROLE_UNSPECIFIED;
  std::string account;
  std::string body;
  std::string district;
};

// Whether somebody works on cases of this undertaker and district: an undertaker on its own, the hub and the knowledge
// base on those of their district (GWY-04). All others see approved ones only.
bool WorksOn(const CaseActor& actor, const std::string& undertaker, const std::string& district);

struct ProposeInput {
  // Name, kind, policies and order number are given.
  v1::ServiceCase proposed;
  CaseActor actor;
  SealedPrivate texts;
};

// The case (changed) and the order (relied on).
std::vector<ledger::Name> ProposeNames(const ProposeInput& input);

// NOT_FOUND for an order that the actor does not work on, CASE_NOT_CLOSED. The answer is the ServiceCase without texts.
absl::StatusOr<ledger::Outcome> DecideProposeCase(const ledger::View& view, ProposeInput input);

struct CaseMove {
  // serviceCases/{uuid}
  std::string name;
  std::string etag;
  CaseActor actor;
};

// All: NOT_FOUND, ETAG_REQUIRED, VERSION_CONFLICT; CASE_STATE from a state that it does not start from.

// Kind, texts and policies are replaced; it is a draft again.
absl::StatusOr<ledger::Outcome> DecideEditCase(const ledger::View& view, const CaseMove& move,
                                               const v1::ServiceCase& edited, SealedPrivate texts);
absl::StatusOr<ledger::Outcome> DecideCheckCase(const ledger::View& view, const CaseMove& move);
// `texts`: those of the version that the etag names; from now on they stand in the record, and the private part is
// erased. APPROVER_IS_EDITOR; a fault of `policies` while none is linked.
absl::StatusOr<ledger::Outcome> DecideApproveCase(const ledger::View& view, const CaseMove& move,
                                                  const v1::ServiceCaseTexts& texts);
absl::StatusOr<ledger::Outcome> DecideRejectCase(const ledger::View& view, const CaseMove& move,
                                                 const std::string& reason);

// Leaves what everybody may know of an approved case.
void HideWork(v1::ServiceCase& service_case);

}  // namespace jinqi::feedback
