// Hubs and contacts of the responsible bodies (RTE-01).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/actor.h"
#include "services/routing/directory.h"

namespace jinqi::routing {

inline constexpr char kHubMissing[] = "HUB_MISSING";
inline constexpr char kContactMissing[] = "CONTACT_MISSING";

// What a body lacks to receive orders: a district its hub, every other body an active contact. Empty: nothing.
std::string MissingOf(const v1::Undertaker& undertaker);
// Of the record of that body, which the command names; a body without record lacks everything.
std::string MissingOf(const ledger::View& view, std::string_view code, const Directory& directory);

// The body as it is shown.
v1::Undertaker ShowUndertaker(const v1::UndertakerRecord& record, std::int64_t version);

// Names: the body (changed). HUB_EXISTS where the district has one; NOT_FOUND for a body that is no district.
absl::StatusOr<ledger::Outcome> DecideNameHub(const ledger::View& view, const Actor& actor,
                                              const v1::NameDistrictHubRequest& request);

// Names: the body (changed). An account that was deactivated becomes active again; ALREADY_EXISTS for an active one.
absl::StatusOr<ledger::Outcome> DecideAddContact(const ledger::View& view, const Actor& actor,
                                                 const v1::AddUndertakerContactRequest& request);

// Names: the body (changed). Question 0: its open orders. LAST_CONTACT while it has some and would be left without.
absl::StatusOr<ledger::Outcome> DecideDeactivateContact(const ledger::View& view, const Actor& actor,
                                                        const v1::DeactivateUndertakerContactRequest& request);
// That question.
ledger::Query OpenOrdersOf(std::string_view code);

}  // namespace jinqi::routing
