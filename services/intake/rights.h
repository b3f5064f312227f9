// Who may see which demand, and how much of it (GWY-04, INT-15, SEC-06).
#pragma once

#include "common/identity/caller.h"
#include "jinqi/config/v1/options.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/intake/v1/records.pb.h"

namespace jinqi::intake {

enum class Sight {
  // Nothing: as if it did not exist.
  kNone,
  // A confidential one to others than the hub, and any to the body that is complained of (RTE-12): no name, phone,
  // credit
  // code; the text without what tells them.
  kRedacted,
  // All but the contact, which is masked, and the identity behind a confidential one: those are for ResolveContact.
  kMasked,
  // Its requester: as kMasked, with the identity.
  kOwn,
};

Sight SightOf(const identity::Caller& caller, config::v1::Role role, const v1::DemandRecord& record);

// Whether the caller reads the result before it was given to the requester: those who work on it.
bool SeesUnsentResult(config::v1::Role role);

// Puts the personal values into the demand as far as the sight goes: contact masked, or all redacted.
void Show(const v1::DemandPrivate& values, Sight sight, v1::Demand& demand);

// Whether the caller may have the contact in clear: OK, NOT_FOUND for what it may not see, CONFIDENTIAL_CONTACT for a
// body with a confidential order or with a complaint about itself, NO_CONTACT for an anonymous one.
absl::Status MayResolveContact(const identity::Caller& caller, config::v1::Role role, const v1::DemandRecord& record);

// As SightOf, for an entry of the register.
bool MaySeeEnterprise(const identity::Caller& caller, config::v1::Role role, const v1::Enterprise& enterprise);

}  // namespace jinqi::intake
