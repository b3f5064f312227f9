#include "services/intake/knowledge.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "jinqi/policy/v1/standard_answer_service.pb.h"

namespace jinqi::intake {
namespace {

constexpr char kGet[] = "jinqi.policy.v1.StandardAnswerService/GetStandardAnswer";
constexpr char kField[] = "kb_ref";

}  // namespace

absl::Status KnowledgeBase::CheckEntry(const rpc::CallContext& context, const std::string& kb_ref) const {
  if (channel_ == nullptr) return FieldError(kField, config::v1::REASON_UNAVAILABLE);
  policy::v1::GetStandardAnswerRequest request;
  request.set_name(absl::StrCat("standardAnswers/", kb_ref));
  const auto answer = channel_->Call<policy::v1::StandardAnswer>(kGet, request, rpc::OnBehalfOf(context, at_most_));
  if (!answer.ok() && ReasonOf(answer.status()) != config::v1::REASON_NOT_FOUND) {
    return FieldError(kField, config::v1::REASON_UNAVAILABLE);
  }
  // A name without version finds the one in force, but is no citation.
  const bool in_force =
      answer.ok() && answer->kb_ref() == kb_ref && answer->state() == policy::v1::StandardAnswer::STATE_EFFECTIVE;
  return in_force ? absl::OkStatus() : FieldError(kField, config::v1::REASON_KB_NOT_IN_FORCE, {{"entry", kb_ref}});
}

}  // namespace jinqi::intake
