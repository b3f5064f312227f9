// Who is to be reached about an order: asked of intake at the moment of use, never kept (contract of the ledger, 12).
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/service.h"
#include "jinqi/intake/v1/intake_service.pb.h"

namespace jinqi::service {

// Thread-safe. The runtime outlives it.
class Contacts {
 public:
  // FAILED_PRECONDITION where server.peers does not name intake.
  static absl::StatusOr<Contacts> Make(rpc::ServiceRuntime& runtime);

  // `purpose` goes into the history of the look. nullopt: nobody can be reached, as the demand is anonymous or its
  // contact was erased. May block for seconds.
  absl::StatusOr<std::optional<intake::v1::Contact>> Resolve(const std::string& order_no,
                                                             const std::string& purpose) const;

 private:
  Contacts(rpc::ServiceRuntime& runtime, rpc::Channel& intake) : runtime_(&runtime), intake_(&intake) {}

  rpc::ServiceRuntime* runtime_;
  rpc::Channel* intake_;
};

}  // namespace jinqi::service
