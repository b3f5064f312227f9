// Who calls: the claims of a token that was verified.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "jinqi/config/v1/options.pb.h"

namespace jinqi::identity {

struct Caller {
  std::string tenant;
  // The account.
  std::string subject;
  // Code of the body (department, hub) the account belongs to; empty for enterprises.
  std::string body;
  // Code of the district it is limited to; empty for the whole city.
  std::string district;
  // The one enterprise that it now acts for (GWY-03); empty for staff.
  std::string uscc;
  // The person's name as shown to colleagues.
  std::string name;
  std::vector<config::v1::Role> roles;
  // Microseconds since the epoch; whole seconds.
  std::int64_t expires = 0;

  bool Has(config::v1::Role role) const;
  bool operator==(const Caller&) const = default;
};

// UNAUTHENTICATED for claims without tenant, sub, exp or roles, with a role that is unknown or of nobody, or of another
// shape (GWY-02). Claims that are not ours are ignored.
absl::StatusOr<Caller> CallerFromClaims(std::string_view json);

// {"tenant", "sub", "body", "district", "uscc", "name", "roles": ["SEAT"], "exp": seconds}; empty ones are left out.
std::string ClaimsOf(const Caller& caller);

}  // namespace jinqi::identity
