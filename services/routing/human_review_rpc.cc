// HumanReviewService.
#include "services/routing/human_review.h"
#include "services/routing/order_rpc.h"

namespace jinqi::routing {

void RegisterHumanReviews(rpc::Methods& methods, const Deps& deps) {
  AddWithText<v1::RequestHumanReviewRequest>(
      methods, deps, "HumanReviewService/RequestHumanReview", DecideRequestHumanReview,
      [](const auto& request) -> const auto& { return request.reason(); });
  AddPlain<v1::ReviewAutomaticDispatchRequest>(methods, deps, "HumanReviewService/ReviewAutomaticDispatch",
                                               DecideReviewAutomaticDispatch);
}

}  // namespace jinqi::routing
