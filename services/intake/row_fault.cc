#include "services/intake/row_fault.h"

#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"

namespace jinqi::intake {

v1::RowFault FaultOf(std::int64_t row, const absl::Status& status) {
  v1::RowFault fault;
  fault.set_row(row);
  fault.set_reason(ReasonOf(status));
  google::rpc::BadRequest bad;
  google::rpc::LocalizedMessage message;
  const google::rpc::Status proto = ToProto(status);
  for (const auto& detail : proto.details()) {
    if (detail.UnpackTo(&message)) fault.set_text(message.message());
    if (!detail.UnpackTo(&bad) || bad.field_violations().empty()) continue;
    const auto& first = bad.field_violations(0);
    config::v1::Reason reason = config::v1::REASON_UNSPECIFIED;
    if (config::v1::Reason_Parse("REASON_" + first.reason(), &reason)) fault.set_reason(reason);
    fault.set_field(first.field());
  }
  if (!bad.field_violations().empty()) fault.set_text(bad.field_violations(0).description());
  return fault;
}

}  // namespace jinqi::intake
