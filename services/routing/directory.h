// The responsible bodies (承办单位) as the two documents name them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/proposer.h"

namespace jinqi::routing {

// 区级部门: a department of a district, which the district's grass roots may call (RTE-29).
inline constexpr char kDistrictDepartment[] = "district_department";

// A district's government: it has a hub instead of contacts (RTE-01).
bool IsDistrict(const v1::Undertaker& body);

// 街道、镇、乡: takes only what its district's list of duties says (RTE-13).
bool IsTownship(const v1::Undertaker& body);

enum class ReceiveMode {
  // Takes orders.
  kDirect,
  // Takes orders and may decline them (RTE-11).
  kParticipating,
  // Takes consultations and forwarded opinions only (RTE-10).
  kLiaison,
  // A collective name: takes nothing itself.
  kCollective,
};

// Immutable. What changes of a body (hub, contacts) is in its record, not here.
class Directory {
 public:
  // Refuses a code twice, two governments of a district, a receive_mode that is none, and a body without code or name.
  static absl::StatusOr<Directory> Make(const v1::UndertakerDirectory& file);

  std::int64_t version() const { return version_; }
  // nullptr: no such body.
  const v1::Undertaker* Find(std::string_view code) const;
  // Of a code that is there.
  ReceiveMode ModeOf(std::string_view code) const;
  // The government of a district, by its six digits; empty: none.
  std::string BodyOfDistrict(std::string_view district_code) const;
  // 各区人民政府 and 有关区人民政府 stand for the government of the subject's district; other names for themselves
  // (RTE-03).
  std::string Expand(std::string_view code, std::string_view district_code) const;
  // As the proposer needs them: without townships, to which no rule leads.
  std::vector<Body> Bodies() const;
  const std::map<std::string, v1::Undertaker, std::less<>>& all() const { return bodies_; }

 private:
  std::int64_t version_ = 0;
  std::map<std::string, v1::Undertaker, std::less<>> bodies_;
  std::map<std::string, std::string, std::less<>> by_district_;
};

}  // namespace jinqi::routing
