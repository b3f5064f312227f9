// LimitService: extensions and statutory limits.
#include "services/routing/extensions.h"
#include "services/routing/order_rpc.h"
#include "services/routing/statutory.h"

namespace jinqi::routing {

void RegisterLimits(rpc::Methods& methods, const Deps& deps) {
  AddPlain<v1::RequestExtensionRequest>(methods, deps, "LimitService/RequestExtension", DecideRequestExtension);
  AddPlain<v1::RuleExtensionRequest>(methods, deps, "LimitService/RuleExtension", DecideRuleExtension);
  AddPlain<v1::SetStatutoryLimitRequest>(methods, deps, "LimitService/SetStatutoryLimit", DecideSetStatutoryLimit);
  AddPlain<v1::RecordInterimAnswerRequest>(methods, deps, "LimitService/RecordInterimAnswer",
                                           DecideRecordInterimAnswer);
  methods.Quick<v1::ListStatutoryLimitsRequest, v1::StatutoryLimits>(
      MethodName("LimitService/ListStatutoryLimits"),
      [&desk = deps.desk](const rpc::CallContext&, const v1::ListStatutoryLimitsRequest&)
          -> absl::StatusOr<v1::StatutoryLimits> { return *desk.setting.laws; });
}

}  // namespace jinqi::routing
