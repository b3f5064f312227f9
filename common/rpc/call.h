// One call on its way through a service.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/statusor.h"
#include "common/identity/caller.h"
#include "common/ledger/types.h"
#include "google/protobuf/message.h"

namespace jinqi::rpc {

// What a handler knows about the call besides the request.
struct CallContext {
  identity::Caller caller;
  // The role in which the caller may call this method: the first of the method's roles that it has.
  config::v1::Role role = config::v1::ROLE_UNSPECIFIED;
  // `jinqi.intake.v1.DemandService/CreateDemand`, as registered.
  std::string method;
  std::string trace_id;
  // To hand on to other services: the span of this call, and the caller's token as it came (`Bearer …`).
  std::string traceparent;
  std::string authorization;
  // When the call entered, by the service's clock: the time for every rule (INT-03, C5).
  ledger::Micros now = 0;
  // When the answer is of no more use, by the system's clock.
  ledger::Micros deadline = 0;
  // The address of the connection, without port.
  std::string peer;
};

// Who, for the history: `account@body ROLE`; an enterprise's account has its credit code as body.
std::string CallerText(const CallContext& context);

// The one answer to a call. Copies answer the same call and the first answer counts. When the last copy goes without
// an answer, the call ends as INTERNAL, so that it always ends. Thread-safe.
class Reply {
 public:
  using Finish = std::function<void(absl::StatusOr<grpc::ByteBuffer>)>;

  Reply() = default;
  explicit Reply(Finish finish);

  void operator()(absl::StatusOr<grpc::ByteBuffer> answer) const;
  void operator()(absl::Status error) const { (*this)(absl::StatusOr<grpc::ByteBuffer>(std::move(error))); }

 private:
  struct State;
  std::shared_ptr<State> state_;
};

grpc::ByteBuffer ToBuffer(std::string_view bytes);
grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message);
std::string ToString(const grpc::ByteBuffer& buffer);
// False: no message of this type.
bool FromBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message& message);

}  // namespace jinqi::rpc
