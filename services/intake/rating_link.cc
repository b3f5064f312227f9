#include "services/intake/rating_link.h"

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"

namespace jinqi::intake {
namespace {

constexpr char kGet[] = "jinqi.feedback.v1.FeedbackService/GetFollowUp";

}  // namespace

std::string RatingLinks::Of(const rpc::CallContext& context, const std::string& order_no, int round) const {
  if (channel_ == nullptr) return {};
  const auto authorization = authorize_();
  feedback::v1::GetFollowUpRequest request;
  request.set_name(absl::StrCat("followUps/", order_no, "-", round));
  rpc::CallOptions options = rpc::OnBehalfOf(context, at_most_);
  options.authorization = authorization.value_or("");
  const auto follow_up = channel_->Call<feedback::v1::FollowUp>(kGet, request, options);
  if (follow_up.ok()) return follow_up->rating_link();
  if (ReasonOf(follow_up.status()) != config::v1::REASON_NOT_FOUND) {
    log::Log(log::Level::kWarning, "feedback gives no rating link",
             {{"error", std::string(follow_up.status().message())}});
  }
  return {};
}

}  // namespace jinqi::intake
