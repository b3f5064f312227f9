// What is not taken (INT-08): where its caller is sent, and by what it is proposed to a seat.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/intake/v1/answer_service.pb.h"
#include "jinqi/intake/v1/reference.pb.h"
#include "services/intake/demand.h"

namespace jinqi::intake {

// INT-08: ends a held demand that is not taken.
struct RefuseInput {
  std::string order_no;
  std::string etag;
  v1::RefusalReason reason = v1::REFUSAL_REASON_UNSPECIFIED;
  std::string told_channel;
  std::string emergency_target;
  std::string related_order;
  // UNKNOWN_VALUE at related_order for one that is not of the same subject; told by the decision.
  absl::Status related_fault;
  // What the caller was told, for the record `demand_result`.
  Sealed told;
  // Of the record whose supplements were listed; it must still be the one.
  std::int64_t read_version = 0;
  // All of its supplements and translations: erased with SECRET.
  std::vector<ledger::Key> texts;
  std::string by;
  int archive_after_days = 15;
};

// From the request: every fault of its fields that the descriptors do not know, at once.
absl::StatusOr<RefuseInput> CheckRefusal(const v1::RefuseDemandRequest& request, const Refusals& refusals);

// Whether both demands are of one subject: by proven credit code, else by phone.
bool SameSubject(const v1::DemandRecord& one, const v1::DemandPrivate& its_values, const v1::DemandRecord& other,
                 const v1::DemandPrivate& other_values);

// REGISTERED → NOT_ACCEPTED, with EMERGENCY → TRANSFERRED_EMERGENCY. ORDER_NOT_HELD for what routing has.
absl::StatusOr<ledger::Outcome> DecideRefuse(const ledger::View& view, const RefuseInput& input);

}  // namespace jinqi::intake
