#include "common/identity/caller.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/status/status.h"

namespace jinqi::identity {
namespace {

using config::v1::Role;
using nlohmann::json;

constexpr std::string_view kPrefix = "ROLE_";
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
// The last second of the year 9999.
constexpr std::int64_t kMaxSeconds = 253'402'300'799;

struct TextClaim {
  const char* name;
  std::string Caller::*member;
  bool required;
};

constexpr TextClaim kTextClaims[] = {{"tenant", &Caller::tenant, true}, {"sub", &Caller::subject, true},
                                     {"body", &Caller::body, false},    {"district", &Caller::district, false},
                                     {"uscc", &Caller::uscc, false},    {"name", &Caller::name, false}};

bool ReadText(const json& claims, const TextClaim& claim, Caller& caller) {
  const auto value = claims.find(claim.name);
  if (value == claims.end()) return !claim.required;
  if (!value->is_string()) return false;
  std::string& target = caller.*claim.member;
  target = value->get<std::string>();
  return !claim.required || !target.empty();
}

std::optional<Role> RoleOf(const json& name) {
  if (!name.is_string()) return std::nullopt;
  Role role{};
  if (!config::v1::Role_Parse(std::string(kPrefix) + name.get<std::string>(), &role)) return std::nullopt;
  if (role == config::v1::ROLE_UNSPECIFIED || role == config::v1::ROLE_ANONYMOUS) return std::nullopt;
  return role;
}

bool ReadRoles(const json& claims, Caller& caller) {
  const auto roles = claims.find("roles");
  if (roles == claims.end() || !roles->is_array() || roles->empty()) return false;
  for (const auto& name : *roles) {
    const auto role = RoleOf(name);
    if (!role) return false;
    if (!caller.Has(*role)) caller.roles.push_back(*role);
  }
  return true;
}

bool ReadExpiry(const json& claims, Caller& caller) {
  const auto expiry = claims.find("exp");
  if (expiry == claims.end() || !expiry->is_number_integer()) return false;
  // A number past int64 is kept unsigned and would come out negative.
  const auto seconds = expiry->get<std::int64_t>();
  if (seconds < 0 || seconds > kMaxSeconds) return false;
  caller.expires = seconds * kMicrosPerSecond;
  return true;
}

}  // namespace

bool Caller::Has(Role role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

absl::StatusOr<Caller> CallerFromClaims(std::string_view claims_json) {
  const json claims = json::parse(claims_json, nullptr, false);
  Caller caller;
  const bool holds = claims.is_object() &&
                     std::all_of(std::begin(kTextClaims), std::end(kTextClaims),
                                 [&](const TextClaim& claim) { return ReadText(claims, claim, caller); }) &&
                     ReadRoles(claims, caller) && ReadExpiry(claims, caller);
  if (!holds) return Error(config::v1::REASON_UNAUTHENTICATED);
  return caller;
}

std::string ClaimsOf(const Caller& caller) {
  json claims = json::object();
  for (const TextClaim& claim : kTextClaims) {
    if (const std::string& value = caller.*claim.member; !value.empty()) claims[claim.name] = value;
  }
  for (const Role role : caller.roles) {
    claims["roles"].push_back(config::v1::Role_Name(role).substr(kPrefix.size()));
  }
  claims["exp"] = caller.expires / kMicrosPerSecond;
  return claims.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace jinqi::identity
