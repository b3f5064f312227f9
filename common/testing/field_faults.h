// The faulty fields that a status tells of.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"

namespace jinqi::testing {

// Field to reason, of all that the caller is told at once.
using FieldFaults = std::map<std::string, std::string>;

inline FieldFaults FieldsOf(const absl::Status& status) {
  FieldFaults fields;
  const google::rpc::Status proto = ToProto(status);
  for (const auto& detail : proto.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) fields[violation.field()] = violation.reason();
  }
  return fields;
}

}  // namespace jinqi::testing
