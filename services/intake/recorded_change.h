// Changes whose refusal is committed before it is told, because the attempt stays on record (INT-12, INT-13, INT-16).
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "common/rpc/methods.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/intake_rpc.h"

namespace jinqi::intake {

// The response of a committed RecordedAnswer, or its refusal as an error.
template <typename Resp>
absl::StatusOr<Resp> TellRecorded(const std::string& bytes) {
  v1::RecordedAnswer answer;
  if (!answer.ParseFromString(bytes)) return absl::DataLossError("stored answer cannot be read");
  if (answer.refusal() != config::v1::REASON_UNSPECIFIED) {
    return FieldError(answer.field(), answer.refusal(), {answer.metadata().begin(), answer.metadata().end()});
  }
  Resp response;
  if (!response.ParseFromString(answer.response())) return absl::DataLossError("stored answer cannot be read");
  return response;
}

// A method whose command answers with a RecordedAnswer. `make` may block; so does the call, on the pool of workers,
// until it is committed.
template <typename Req, typename Resp>
void AddRecordedChange(rpc::Methods& methods, Intake& intake, std::string_view method,
                       std::function<absl::StatusOr<ledger::Command>(const rpc::CallContext&, const Req&)> make,
                       std::function<void(const rpc::CallContext&, const Req&, Resp&)> finish) {
  methods.Query<Req, Resp>(method,
                           [&intake, make = std::move(make), finish = std::move(finish)](
                               const rpc::CallContext& context, const Req& request) -> absl::StatusOr<Resp> {
                             ASSIGN_OR_RETURN(ledger::Command command, make(context, request));
                             RETURN_IF_ERROR(rpc::FillCommand(context, request, command));
                             ASSIGN_OR_RETURN(const ledger::Answer answer, intake.ledger->Run(std::move(command)));
                             ASSIGN_OR_RETURN(Resp response, TellRecorded<Resp>(answer.bytes));
                             finish(context, request, response);
                             return response;
                           });
}

}  // namespace jinqi::intake
