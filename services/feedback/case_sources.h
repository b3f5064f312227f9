// What other services know that a case needs: who the order's people are, and whether a policy is there (FBK-12).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/service.h"

namespace jinqi::feedback {

// Asked at the moment of use, never kept. Thread-safe; the runtime outlives it.
class CaseSources {
 public:
  explicit CaseSources(rpc::ServiceRuntime& runtime) : runtime_(&runtime) {}

  // The names, phone and code by which intake knows the order's enterprise and contact; none of an anonymous demand.
  // UNAVAILABLE without intake. May block for seconds.
  absl::StatusOr<std::vector<std::string>> KnownNames(const std::string& order_no) const;

  // `policies/{id}` or `policies/{id}/measures/{measure}`, each published: every one that is not at once, as NOT_FOUND
  // of its field. UNAVAILABLE without policy_knowledge. May block for seconds.
  absl::Status CheckPolicies(const google::protobuf::RepeatedPtrField<std::string>& names) const;

 private:
  rpc::ServiceRuntime* runtime_;
};

}  // namespace jinqi::feedback
